use std::process::Command;

use super::*;

#[test]
fn a_process_that_begins_and_one_that_ends_are_counted() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut processes = Processes::new();
        let pattern = Pattern::Command {
            program: b"sleep".to_vec(),
            arguments: vec![b"86398.5".to_vec()],
            rule: pattern::Rule::Same,
        };
        processes.follow(vec![(TrackerId(1), pattern)]);
        let mut count = async || loop {
            let counts = processes.counted().await;
            if let Some(count) = counts.get(&TrackerId(1)) {
                return *count;
            }
        };
        assert_eq!(count().await, 0);
        let mut child = Command::new("sleep").arg("86398.5").spawn().unwrap();
        while count().await == 0 {}
        // Dead, though nobody has asked for its status.
        child.kill().unwrap();
        while count().await == 1 {}
        child.wait().unwrap();
    });
}

fn found(pid: Pid, begun: u64) -> Found {
    Found { pid, begun, of: vec![TrackerId(1)] }
}

/// Has what looks found taken, one after the other; returns the number of processes after each.
fn counts(pidfds: usize, looks: Vec<io::Result<Look>>) -> Vec<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let mut processes = Processes { pidfds, ..Processes::new() };
    let taken = looks.into_iter().map(|look| {
        processes.take_look(look);
        processes.found.len()
    });
    taken.collect()
}

#[test]
fn a_look_that_failed_keeps_the_number_and_is_made_again() {
    let own = rustix::process::getpid();
    let all = |found| Ok(Look { which: Which::All, found });
    let failed = || Err(Errno::MFILE.into());
    assert_eq!(counts(9, vec![all(vec![found(own, 1)]), failed(), all(vec![])]), [1, 1, 0]);
    assert_eq!(counts(0, vec![all(vec![found(own, 1)]), failed(), all(vec![])]), [1, 1, 0], "no pidfd");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let mut processes = Processes::new();
    assert!(!processes.take_look(failed()) && processes.trouble.is_some());
    assert!(processes.take_look(all(vec![])) && processes.trouble.is_none());
}

#[test]
fn a_number_that_the_kernel_gave_again_is_another_process() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let own = rustix::process::getpid();
    let mut processes = Processes::new();
    let mut number_after = |begun, which| {
        processes.take_look(Ok(Look { which, found: vec![found(own, begun)] }));
        processes.found[&own].number
    };
    let first = number_after(1, Which::All);
    assert_eq!(number_after(1, Which::All), first);
    assert_ne!(number_after(2, Which::These([own].into())), first);
    processes.ended(own, first);
    assert_eq!(processes.found.len(), 1, "the end of the one is not that of the other");
}
