//! `tanist lsp`: a language server for keepalived.conf on standard input and output.
//!
//! What it says comes from where `check`, `explain` and the manual have it: diagnostics and corrections from `conf`, texts from
//! the rows. One thread reads messages, this one answers them in order. Diagnostics are made when no message waits, so that
//! whoever types fast is told of the last state. A message that makes no sense is answered or logged, and the next is read.

mod actions;
mod completion;
mod definition;
mod diagnostics;
mod documents;
mod hover;
mod project;
mod server;
mod wire;

use std::io::{self, BufReader, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use server::{Course, Server};
use wire::Incoming;

/// Messages that wait. The client waits with what is beyond.
const QUEUE: usize = 64;

/// Exit status 0 if the client asked to shut down, else 1.
pub(crate) fn run() -> ExitCode {
    let (sender, inbox) = sync_channel(QUEUE);
    // It ends with the process: nobody waits for what a client may still say.
    thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(incoming)) = wire::read(&mut input) {
            if sender.send(incoming).is_err() {
                return;
            }
        }
    });
    let mut server = Server::new(io::stdout().lock());
    match serve(&inbox, &mut server) {
        Ok(()) if server.was_asked_to_end() => ExitCode::SUCCESS,
        Ok(()) | Err(_) => ExitCode::FAILURE,
    }
}

/// Answers until the client ends it, is gone, or does not read any more.
fn serve(inbox: &Receiver<Incoming>, server: &mut Server<impl Write>) -> io::Result<()> {
    loop {
        let incoming = match inbox.try_recv() {
            Ok(incoming) => incoming,
            Err(TryRecvError::Disconnected) => return Ok(()),
            Err(TryRecvError::Empty) => {
                server.publish()?;
                let Ok(incoming) = inbox.recv() else { return Ok(()) };
                incoming
            }
        };
        match server.take(incoming)? {
            Course::GoesOn => {}
            Course::Ends => return Ok(()),
        }
    }
}
