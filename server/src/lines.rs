//! Lines for people. Whoever reads them may go away or fall asleep: that never stops work. The log is written by a thread
//! of its own from a queue with an end; what does not fit is left out and counted. What commands print goes to standard
//! output, where nobody has to listen.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Lines that wait to be written; a reader that is some seconds late misses none.
const WAITING_MAX: usize = 10_000;
/// What waits at the end of the process gets so long to be written.
const PATIENCE: Duration = Duration::from_secs(1);

static LOG: OnceLock<Log> = OnceLock::new();

/// Standard error, behind a queue. Cheap to clone; writing to it never fails and never waits.
#[derive(Clone, Debug)]
pub struct Log {
    queue: SyncSender<Queued>,
    left_out: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Queued {
    Line(Vec<u8>),
    /// All that was queued before is written.
    Told(SyncSender<()>),
}

/// The log of this process.
pub fn log() -> Log {
    LOG.get_or_init(|| Log::to(io::stderr())).clone()
}

/// Waits a little until the log is written; at the end of the process.
pub fn finish() {
    let Some(log) = LOG.get() else { return };
    let (told, is_told) = sync_channel(1);
    if log.queue.try_send(Queued::Told(told)).is_ok() {
        // Nobody reads: then nobody misses it.
        let _written = is_told.recv_timeout(PATIENCE);
    }
}

/// Prints a line on standard output; that nobody reads it is no error.
///
/// # Errors
/// What is to be kept can't be written, as on a full disk.
pub fn say(text: impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

impl Log {
    fn to(out: impl Write + Send + 'static) -> Self {
        let (queue, queued) = sync_channel(WAITING_MAX);
        let left_out = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&left_out);
        let writer = move || write(out, &queued, &count);
        let started = std::thread::Builder::new().name("log".to_owned()).spawn(writer);
        // Without a thread the queue fills and everything is left out: still no reason to stop.
        drop(started);
        Self { queue, left_out }
    }
}

/// Writes what comes. A reader that is gone may come back (a terminal, a file that was moved): lines go on being tried.
fn write(mut out: impl Write, queued: &Receiver<Queued>, left_out: &AtomicU64) {
    for next in queued {
        match next {
            Queued::Line(line) => {
                let missing = left_out.swap(0, Ordering::Relaxed);
                // Each line in one piece, or another process's would stand in its middle.
                let told = format!("{missing} lines of the log were not read in time and are left out\n");
                let written = match missing {
                    0 => out.write_all(&line),
                    _ => out.write_all(told.as_bytes()).and_then(|()| out.write_all(&line)),
                };
                // There is nobody to tell.
                drop(written);
            }
            Queued::Told(told) => drop(told.try_send(())),
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Queued::Line(bytes.to_vec())).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Takes a line when it is told to, and hands it on.
    struct Reader {
        wakes: Receiver<()>,
        read: Sender<String>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.wakes.recv().map_err(io::Error::other)?;
            let line = String::from_utf8_lossy(bytes).into_owned();
            self.read.send(line).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_sleeps_misses_lines_and_holds_nobody_up() {
        let ((wake, wakes), (read, lines)) = (channel(), channel());
        let mut log = Log::to(Reader { wakes, read });
        for number in 0..WAITING_MAX * 2 {
            log.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        (0..WAITING_MAX * 3).for_each(|_| wake.send(()).unwrap());
        let told = lines.iter().find(|line| !line.starts_with("line"));
        assert!(told.is_some_and(|told| told.contains("lines of the log were not read in time")));
    }

    #[test]
    fn a_reader_that_is_gone_is_no_error() {
        let ((_, wakes), (read, _)) = (channel(), channel());
        let mut log = Log::to(Reader { wakes, read });
        for _ in 0..WAITING_MAX * 2 {
            log.write_all(b"line\n").unwrap();
        }
    }
}
