//! Recordings as pcapng files, for tshark and Wireshark: an interface for each host, and remarks on frames.

use std::borrow::Cow;
use std::io::{self, Write};

use linux::clock;
use pcap_file::DataLink;
use pcap_file::PcapError;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use vrrp::time::Instant;
use vrrp::types::IfIndex;

use crate::frame::CapturedFrame;

/// What is remarked on the first frame that came at a time, or after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The time.
    pub at: Instant,
    /// What there is to say.
    pub text: String,
}

/// Nanoseconds: the power of ten of a second in which times are written.
const NANOSECONDS: u8 = 9;

/// Writes `frames`, which are in order, as what the hosts with these names and ports have sent; those of other ports are left
/// out. Remarks are in order, too. Times are those of the time of day as it is now.
///
/// # Errors
/// Those of `writer`.
pub fn write_pcapng(
    writer: impl Write,
    hosts: &[(&str, IfIndex)],
    frames: &[CapturedFrame],
    remarks: &[Remark],
) -> io::Result<()> {
    let mut file = PcapNgWriter::new(writer).map_err(into_io)?;
    for (name, _) in hosts {
        let options = vec![
            InterfaceDescriptionOption::IfName(Cow::Owned((*name).to_owned())),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ];
        let interface = InterfaceDescriptionBlock { linktype: DataLink::ETHERNET, snaplen: 0, options };
        file.write_pcapng_block(interface).map_err(into_io)?;
    }
    let (now, wall) = (clock::now(), std::time::Duration::from_nanos(clock::wall().nanos()));
    let mut remarks = remarks.iter().peekable();
    for frame in frames {
        let Some(interface_id) = (0..).zip(hosts).find(|(_, (_, port))| *port == frame.port).map(|(id, _)| id) else {
            continue;
        };
        let mut options = Vec::new();
        while let Some(remark) = remarks.next_if(|remark| remark.at <= frame.at) {
            options.push(EnhancedPacketOption::Comment(Cow::Borrowed(&remark.text)));
        }
        let packet = EnhancedPacketBlock {
            interface_id,
            timestamp: wall.saturating_sub(now.since(frame.at)),
            original_len: u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX),
            data: Cow::Borrowed(&frame.bytes),
            options,
        };
        file.write_pcapng_block(packet).map_err(into_io)?;
    }
    file.into_inner().flush()
}

fn into_io(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        PcapError::IncompleteBuffer
        | PcapError::InvalidField(_)
        | PcapError::Utf8Error(_)
        | PcapError::FromUtf8Error(_)
        | PcapError::InvalidInterfaceId(_) => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use linux::tap::Direction;
    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let port = |number| IfIndex::new(number).unwrap();
        let begin = clock::now() - Duration::from_secs(10);
        let frame = |milliseconds, number, length| CapturedFrame {
            at: begin + Duration::from_millis(milliseconds),
            port: port(number),
            direction: Direction::Received,
            bytes: vec![0x5e; length],
        };
        let frames = [frame(0, 2, 60), frame(5, 7, 61), frame(7, 9, 60), frame(9, 2, 62)];
        let remark =
            |milliseconds, text: &str| Remark { at: begin + Duration::from_millis(milliseconds), text: text.into() };
        let remarks = [remark(1, "a cable is pulled"), remark(5, "again"), remark(8, "the end")];
        let mut file = Vec::new();
        write_pcapng(&mut file, &[("router1", port(2)), ("client", port(7))], &frames, &remarks).unwrap();

        let mut reader = PcapNgReader::new(file.as_slice()).unwrap();
        let mut packets = Vec::new();
        while let Some(block) = reader.next_block() {
            if let Block::EnhancedPacket(packet) = block.unwrap() {
                packets.push(packet.into_owned());
            }
        }
        let names: Vec<_> = reader.interfaces().iter().map(|interface| interface.options[0].clone()).collect();
        assert_eq!(names, ["router1", "client"].map(|it| InterfaceDescriptionOption::IfName(it.into())));
        let seen: Vec<_> = packets.iter().map(|it| (it.interface_id, it.data.len(), it.options.len())).collect();
        assert_eq!(seen, [(0, 60, 0), (1, 61, 2), (0, 62, 1)], "the stranger's frame is left out");
        assert_eq!(packets[2].timestamp - packets[0].timestamp, Duration::from_millis(9));
        assert_eq!(packets[1].options[0], EnhancedPacketOption::Comment("a cable is pulled".into()));
    }
}
