//! The folder of another commit.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{output, run};

/// Another commit's files, with a target folder among them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WorkTree {
    /// Its root.
    pub folder: PathBuf,
    /// The commit's hash, as many characters as name the folder.
    pub commit: String,
}

impl WorkTree {
    /// Below `target/against` of a checkout; made when it is not there, and left there for the next time.
    pub fn of(checkout: &Path, commit: &str) -> Result<Self> {
        let named = format!("{commit}^{{commit}}");
        let hash =
            output(git(checkout).args(["rev-parse", "--verify", "--quiet", "--end-of-options", &named]))
                .with_context(|| format!("there is no commit {commit} here"))?;
        let short: String = hash.chars().take(12).collect();
        let folder = checkout.join("target/against").join(&short);
        let tree = Self {
            folder,
            commit: short,
        };
        if !tree.folder.exists() {
            // `--force`: a folder that was deleted by hand is still in git's list.
            let mut add = git(checkout);
            add.args(["worktree", "add", "--quiet", "--force", "--detach"]);
            run(add.arg(&tree.folder).arg(&hash))?;
        }
        tree.check(&hash)?;
        Ok(tree)
    }

    /// What is measured is that commit, and nothing that somebody tried in its folder.
    fn check(&self, hash: &str) -> Result<()> {
        let head = output(git(&self.folder).args(["rev-parse", "HEAD"]))?;
        let changed = output(git(&self.folder).args(["status", "--porcelain", "--untracked-files=no"]))?;
        if head != hash || !changed.is_empty() {
            bail!(
                "{} is not commit {hash} as it was. Type: git worktree remove --force {0}",
                self.folder.display()
            );
        }
        Ok(())
    }
}

/// What this checkout is, for the report.
pub fn name_of(checkout: &Path) -> Result<String> {
    let head = output(git(checkout).args(["rev-parse", "--short=12", "HEAD"]))?;
    let changed = output(git(checkout).args(["status", "--porcelain", "--untracked-files=no"]))?;
    Ok(match changed.is_empty() {
        true => head,
        false => format!("{head} with changes"),
    })
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    // Of a hook that called us, they would name another folder.
    command
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout with two commits of one file; it goes when it is dropped.
    struct Checkout(PathBuf);

    impl Checkout {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("bonex-xtask-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let checkout = Self(folder);
            run(git(&checkout.0).args(["init", "--quiet"])).unwrap();
            std::fs::write(checkout.0.join(".gitignore"), "/target\n").unwrap();
            for text in ["before", "after"] {
                std::fs::write(checkout.0.join("file"), text).unwrap();
                run(git(&checkout.0).args(["add", "."])).unwrap();
                let who = ["-c", "user.name=somebody", "-c", "user.email=s@example.org"];
                run(git(&checkout.0)
                    .args(who)
                    .args(["commit", "--quiet", "--no-verify", "-m", text]))
                .unwrap();
            }
            checkout
        }
    }

    impl Drop for Checkout {
        fn drop(&mut self) {
            // What can't be removed lies in the temporary folder.
            let _left = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn another_commit_has_its_own_folder_and_keeps_it() {
        let checkout = Checkout::new("made");
        let tree = WorkTree::of(&checkout.0, "HEAD~1").unwrap();
        assert!(tree.folder.starts_with(checkout.0.join("target/against")));
        assert_eq!(
            std::fs::read_to_string(tree.folder.join("file")).unwrap(),
            "before"
        );
        assert_eq!(std::fs::read_to_string(checkout.0.join("file")).unwrap(), "after");
        // What was built there stays.
        std::fs::create_dir_all(tree.folder.join("target")).unwrap();
        assert_eq!(WorkTree::of(&checkout.0, "HEAD~1").unwrap(), tree);
        assert!(tree.folder.join("target").exists());
        // Deleted by hand, it is made anew.
        std::fs::remove_dir_all(&tree.folder).unwrap();
        assert_eq!(WorkTree::of(&checkout.0, &tree.commit).unwrap(), tree);
        assert!(tree.folder.join("file").exists());
    }

    #[test]
    fn a_folder_that_was_changed_is_not_measured() {
        let checkout = Checkout::new("changed");
        let tree = WorkTree::of(&checkout.0, "HEAD~1").unwrap();
        std::fs::write(tree.folder.join("file"), "tried").unwrap();
        let refused = WorkTree::of(&checkout.0, "HEAD~1").unwrap_err().to_string();
        assert!(refused.contains("git worktree remove"), "{refused}");
        assert!(
            WorkTree::of(&checkout.0, "nothing")
                .unwrap_err()
                .to_string()
                .contains("no commit nothing")
        );
        assert!(!name_of(&checkout.0).unwrap().contains("changes"));
        std::fs::write(checkout.0.join("file"), "being written").unwrap();
        assert!(name_of(&checkout.0).unwrap().ends_with("with changes"));
    }
}
