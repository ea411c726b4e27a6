//! The processes of the simulated year, and how long anybody waits for what they do.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Lines of a process that are told when it fails.
const LAST_LINES: usize = 15;

/// Running processes; killed when dropped. Each also ends by itself when its standard input does, so that none outlives
/// a test that was killed.
pub struct Crowd {
    children: Vec<Child>,
    command: Box<dyn Fn() -> Command>,
    folder: PathBuf,
}

impl Crowd {
    /// So many processes of this command; what they say goes into files of the folder.
    pub fn start(processes: usize, folder: &Path, command: impl Fn() -> Command + 'static) -> Self {
        let mut crowd = Self {
            children: Vec::new(),
            command: Box::new(command),
            folder: folder.to_owned(),
        };
        for place in 0..processes {
            let child = crowd.child(place);
            crowd.children.push(child);
        }
        crowd
    }

    /// Kills one and starts another in its place.
    pub fn kill(&mut self, place: usize) {
        self.children[place].kill().unwrap();
        self.children[place].wait().unwrap();
        self.children[place] = self.child(place);
    }

    /// Ends the standard input of one.
    pub fn let_go(&mut self, place: usize) {
        drop(self.children[place].stdin.take());
    }

    /// Nobody but us ends a process.
    ///
    /// # Errors
    /// One ended by itself: which, how, and its last words.
    pub fn check(&mut self) -> Result<(), String> {
        for (place, child) in self.children.iter_mut().enumerate() {
            if let Some(status) = child.try_wait().unwrap() {
                let words = last_words(&self.folder, place);
                return Err(format!("process {place} ended by itself, {status}:\n{words}"));
            }
        }
        Ok(())
    }

    /// What all of them said last.
    pub fn last_words(&self) -> String {
        let of = |place| format!("process {place}:\n{}\n", last_words(&self.folder, place));
        (0..self.children.len()).map(of).collect()
    }

    fn child(&self, place: usize) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log(&self.folder, place))
            .unwrap();
        (self.command)()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

fn log(folder: &Path, place: usize) -> PathBuf {
    folder.join(format!("process-{place}.log"))
}

fn last_words(folder: &Path, place: usize) -> String {
    let text = std::fs::read_to_string(log(folder, place)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// How long one and the same thing is waited for.
pub struct Patience {
    most: Duration,
    waiting: Option<(String, Instant)>,
}

impl Patience {
    pub const fn of(most: Duration) -> Self {
        Self { most, waiting: None }
    }

    /// Waits on for this, or begins to when it was something else until now.
    ///
    /// # Errors
    /// It has been waited for long enough: what it is.
    pub fn wait_for(&mut self, what: &str) -> Result<(), String> {
        match &self.waiting {
            Some((same, since)) if same == what => match since.elapsed() >= self.most {
                true => Err(format!("waited {:?} for {what}", self.most)),
                false => Ok(()),
            },
            _ => {
                self.waiting = Some((what.to_owned(), Instant::now()));
                Ok(())
            }
        }
    }

    /// It came.
    pub fn end(&mut self) {
        self.waiting = None;
    }
}

/// What this comes to, if it comes in time.
///
/// # Panics
/// It does not: says what was waited for.
pub async fn within<T>(most: Duration, what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(most, work).await {
        Ok(done) => done,
        Err(_) => panic!("waited {most:?} for {what}"),
    }
}
