//! Files that the lab is asked to write: `--pcap`, `--svg`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use lab::{Capture, Captured, Remark, everything, write_pcapng};

use super::options::LabArgs;
use super::picture::{self, Mark, Panel};
use super::setup::Side;
use super::stage::Stage;
use super::stop::Stop;

/// A file that is open, so that a wrong path is said at the beginning and not when all is over.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
    file: File,
}

impl Output {
    pub(super) fn create(path: Option<&PathBuf>) -> Result<Option<Self>, Stop> {
        let create = |path: &PathBuf| match File::create(path) {
            Ok(file) => Ok(Self { path: path.clone(), file }),
            Err(error) => Err(Stop::File(path.clone(), error)),
        };
        path.map(create).transpose()
    }

    /// Writes the picture of these panels.
    pub(super) fn draw(mut self, panels: &[Panel]) -> Result<(), Stop> {
        self.file.write_all(picture::draw(panels).as_bytes()).map_err(|error| Stop::File(self.path, error))
    }

    fn write_frames(self, capture: &Capture, stage: &Stage<'_>, marks: &[Mark]) -> Result<(), Stop> {
        let frames = capture.since(Captured::default(), everything);
        let remarks: Vec<_> = marks.iter().map(|mark| Remark { at: mark.at, text: mark.caption.clone() }).collect();
        let hosts = stage.hosts().map(|host| (host.name.as_str(), host.port));
        write_pcapng(BufWriter::new(self.file), &hosts, &frames, &remarks).map_err(|error| Stop::File(self.path, error))
    }
}

/// What is written of one LAN.
#[derive(Debug)]
pub(super) struct Outputs {
    /// Recorded from the beginning, with all pings.
    pcap: Option<(Output, Capture)>,
    svg: Option<Output>,
}

impl Outputs {
    /// Creates the files, and begins to record if that is wanted.
    pub(super) fn begin(options: &LabArgs, stage: &Stage<'_>) -> Result<Self, Stop> {
        let svg = Output::create(options.svg.as_ref())?;
        let record = |output| Ok::<_, Stop>((output, stage.lan.capture(everything)?));
        let pcap = Output::create(options.pcap.as_ref())?.map(record).transpose()?;
        Ok(Self { pcap, svg })
    }

    /// Writes them.
    pub(super) fn write(self, stage: &Stage<'_>, marks: Vec<Mark>) -> Result<(), Stop> {
        if let Some((output, capture)) = self.pcap {
            output.write_frames(&capture, stage, &marks)?;
        }
        let Some(output) = self.svg else { return Ok(()) };
        let routers = [Side::Favourite, Side::Deputy].map(|side| stage.router(side));
        let title = format!("tanist lab: {}", stage.setup.target);
        output.draw(&[Panel::of(title, marks, routers, (&stage.watch, &stage.holders, &stage.probe))])
    }
}
