//! Any bytes as a message of AgentX: what can be read is read the same after it was written.
#![no_main]

use agentx::{Header, Message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(message) = read(bytes) {
        assert_eq!(read(&message.bytes()).as_ref(), Some(&message));
    }
});

fn read(bytes: &[u8]) -> Option<Message> {
    let (header, payload) = bytes.split_first_chunk()?;
    let header = Header::read(header).ok()?;
    Message::read(&header, payload.get(..header.payload())?).ok()
}
