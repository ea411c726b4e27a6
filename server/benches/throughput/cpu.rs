//! CPU time of processes, from `/proc`.

/// CPU seconds of a process and of its living and ended children.
pub fn seconds_of_family(pid: u32) -> f64 {
    let children: f64 = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(stat)
        .filter(|stat| stat.parent == pid)
        .map(|stat| stat.own)
        .sum();
    children + stat(pid).map_or(0.0, |stat| stat.own + stat.ended_children)
}

struct Stat {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold spaces.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    // Linux counts in hundredths of a second on every machine it runs on.
    let seconds = |at: usize| {
        fields
            .get(at)
            .and_then(|ticks| ticks.parse::<f64>().ok())
            .unwrap_or(0.0)
            / 100.0
    };
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: seconds(11) + seconds(12),
        ended_children: seconds(13) + seconds(14),
    })
}
