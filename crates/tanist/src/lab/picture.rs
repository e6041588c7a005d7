//! The timeline as a picture (`--svg`): who has the address when, what is advertised, which pings are lost.

mod svg;

use std::time::Duration;

use lab::{EchoProbe, Holders, RouterHost, Watch};
use linux::clock;
use vrrp::time::Instant;

use svg::{Anchor, Svg};

/// Two routers and a client over some time.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    /// What is shown.
    pub(super) title: String,
    /// Its left and right end.
    pub(super) from: Instant,
    pub(super) to: Instant,
    /// What happened, in order.
    pub(super) marks: Vec<Mark>,
    pub(super) lanes: Vec<Lane>,
    /// Times without an answer to the client.
    pub(super) losses: Vec<(Instant, Instant)>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) at: Instant,
    pub(super) caption: String,
    /// Pings lost until the next one; `None` where they are not counted.
    pub(super) lost: Option<usize>,
}

/// A router.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) name: String,
    /// Times in which it has the address.
    pub(super) held: Vec<(Instant, Instant)>,
    /// Its adverts, with their priorities.
    pub(super) adverts: Vec<(Instant, u8)>,
}

impl Panel {
    /// What was recorded so far, from the first mark on.
    pub(super) fn of(
        title: String,
        marks: Vec<Mark>,
        routers: [&RouterHost; 2],
        (watch, holders, probe): (&Watch, &Holders, &EchoProbe),
    ) -> Self {
        let to = clock::now();
        let changes = holders.changes();
        let ends = changes.iter().skip(1).map(|change| change.since).chain([to]);
        let spans: Vec<_> = changes.iter().zip(ends).collect();
        let lane = |(place, router): (usize, &RouterHost)| Lane {
            name: router.host.name.clone(),
            held: spans
                .iter()
                .filter(|(change, _)| change.hosts.contains(&place))
                .map(|(change, end)| (change.since, *end))
                .collect(),
            adverts: watch.all_adverts(&router.host),
        };
        Self {
            title,
            from: marks.first().map_or(to, |mark| mark.at),
            to,
            marks,
            lanes: routers.into_iter().enumerate().map(lane).collect(),
            losses: probe.losses(),
        }
    }

    /// Where a time is between the left and the right edge of the drawing.
    fn x(&self, at: Instant) -> f64 {
        let at = at.clamp(self.from, self.to);
        let whole = self.to.since(self.from).as_secs_f64().max(f64::EPSILON);
        LEFT + (WIDTH - LEFT - RIGHT) * at.since(self.from).as_secs_f64() / whole
    }
}

/// Sizes, in pixels.
const WIDTH: f64 = 1200.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TITLE: f64 = 30.0;
/// Two rows of captions, so that neighbours do not run into each other.
const CAPTIONS: f64 = 38.0;
const LANE: f64 = 44.0;
const CLIENT: f64 = 48.0;
const AXIS: f64 = 26.0;
const LEGEND: f64 = 34.0;
const GAP: f64 = 16.0;

/// Colours.
const INK: &str = "#222222";
const FAINT: &str = "#999999";
const HELD: &str = "#4a86c5";
const ADVERT: &str = "#1f3f66";
const LEAVES: &str = "#d62728";
const ANSWERED: &str = "#7fbf7f";
const LOST: &str = "#d62728";

/// The panels, one below the other.
pub(super) fn draw(panels: &[Panel]) -> String {
    let heights = panels.iter().map(height);
    let mut svg = Svg::new(WIDTH, heights.sum::<f64>() + LEGEND);
    let mut top = 0.0;
    for panel in panels {
        draw_panel(&mut svg, panel, top);
        top += height(panel);
    }
    draw_legend(&mut svg, top);
    svg.finish()
}

fn height(panel: &Panel) -> f64 {
    TITLE + CAPTIONS + panel.lanes.iter().map(|_| LANE).sum::<f64>() + CLIENT + AXIS + GAP
}

fn draw_panel(svg: &mut Svg, panel: &Panel, top: f64) {
    svg.bold_text((LEFT, top + 20.0), INK, &panel.title);
    let lanes_top = top + TITLE + CAPTIONS;
    let client_top = panel.lanes.iter().fold(lanes_top, |top, _| top + LANE);
    draw_marks(svg, panel, top + TITLE, client_top);
    let mut lane_top = lanes_top;
    for lane in &panel.lanes {
        draw_lane(svg, panel, lane, lane_top);
        lane_top += LANE;
    }
    svg.text((LEFT - 8.0, client_top + 18.0), Anchor::End, INK, "client");
    svg.rect((LEFT, client_top + 6.0), (WIDTH - LEFT - RIGHT, 16.0), ANSWERED);
    for (from, to) in panel.losses.iter().filter(|(from, to)| *to > panel.from && *from < panel.to) {
        let (from, to) = (panel.x(*from), panel.x(*to));
        svg.rect((from, client_top + 6.0), ((to - from).max(1.0), 16.0), LOST);
    }
    draw_axis(svg, panel, client_top + CLIENT);
}

/// Captions above, numbers of lost pings below, and a line from one to the other.
fn draw_marks(svg: &mut Svg, panel: &Panel, top: f64, client_top: f64) {
    let ends = panel.marks.iter().skip(1).map(|mark| mark.at).chain([panel.to]);
    for (number, (mark, end)) in panel.marks.iter().zip(ends).enumerate() {
        let x = panel.x(mark.at);
        let row = if number % 2 == 0 { 0.0 } else { 16.0 };
        svg.dashed((x, top + row), (x, client_top + CLIENT), FAINT);
        svg.text((x + 4.0, top + 10.0 + row), Anchor::Start, INK, &mark.caption);
        if let Some(lost) = mark.lost {
            let colour = if lost == 0 { INK } else { LOST };
            svg.text((x.midpoint(panel.x(end)), client_top + 38.0), Anchor::Middle, colour, &format!("{lost} lost"));
        }
    }
}

fn draw_lane(svg: &mut Svg, panel: &Panel, lane: &Lane, top: f64) {
    svg.text((LEFT - 8.0, top + 28.0), Anchor::End, INK, &lane.name);
    svg.rect((LEFT, top + 23.0), (WIDTH - LEFT - RIGHT, 1.0), FAINT);
    for (from, to) in &lane.held {
        let (from, to) = (panel.x(*from), panel.x(*to));
        svg.rect((from, top + 16.0), ((to - from).max(1.0), 16.0), HELD);
    }
    for (at, priority) in lane.adverts.iter().filter(|(at, _)| *at >= panel.from) {
        let colour = if *priority == 0 { LEAVES } else { ADVERT };
        svg.rect((panel.x(*at) - 0.75, top + 6.0), (1.5, 12.0), colour);
    }
}

/// A number of seconds at every fifth.
fn draw_axis(svg: &mut Svg, panel: &Panel, top: f64) {
    const STEP: u64 = 5;
    let seconds = panel.to.since(panel.from).as_secs();
    for second in (0..=seconds).filter(|second| second % STEP == 0) {
        let x = panel.x(panel.from + Duration::from_secs(second));
        svg.rect((x, top), (1.0, 5.0), FAINT);
        svg.text((x, top + 18.0), Anchor::Middle, FAINT, &format!("{second} s"));
    }
}

fn draw_legend(svg: &mut Svg, top: f64) {
    let entries = [
        (HELD, "has the virtual address"),
        (ADVERT, "advert"),
        (LEAVES, "advert of priority 0"),
        (ANSWERED, "pings answered"),
        (LOST, "pings lost"),
    ];
    for ((colour, text), x) in entries.into_iter().zip([0.0, 200.0, 290.0, 460.0, 600.0]) {
        svg.rect((LEFT + x, top + 6.0), (14.0, 12.0), colour);
        svg.text((LEFT + x + 20.0, top + 16.0), Anchor::Start, INK, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_xml_with_all_that_happened() {
        let at = |seconds| Instant::from_nanos(seconds * 1_000_000_000);
        let mark = |seconds, caption: &str, lost| Mark { at: at(seconds), caption: caption.into(), lost };
        let lane = |name: &str, held: &[(u64, u64)], adverts: &[(u64, u8)]| Lane {
            name: name.into(),
            held: held.iter().map(|(from, to)| (at(*from), at(*to))).collect(),
            adverts: adverts.iter().map(|(seconds, priority)| (at(*seconds), *priority)).collect(),
        };
        let panel = Panel {
            title: "a < b & \"c\"".into(),
            from: at(100),
            to: at(120),
            marks: vec![mark(100, "start", None), mark(110, "kill -9 router1", Some(7))],
            lanes: vec![
                lane("router1", &[(103, 110)], &[(103, 150), (104, 150), (110, 0)]),
                lane("router2", &[(111, 120)], &[(111, 100)]),
            ],
            losses: vec![(at(90), at(103)), (at(110), at(111))],
        };
        let text = draw(&[panel.clone(), panel]);
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts = || document.descendants().filter(|node| node.has_tag_name("text"));
        let said = |wanted: &str| texts().filter(|node| node.text() == Some(wanted)).count();
        for wanted in ["a < b & \"c\"", "router1", "router2", "client", "start", "kill -9 router1", "7 lost", "15 s"] {
            assert_eq!(said(wanted), 2, "{wanted}: {text}");
        }
        let coloured =
            |colour: &str| document.descendants().filter(|node| node.attribute("fill") == Some(colour)).count();
        // Two panels and an entry of the legend; priority 0 and losses have one colour, and two entries.
        assert_eq!((coloured(HELD), coloured(ADVERT)), (5, 7));
        assert_eq!(coloured(LOST), 2 * (1 + 2 + 1) + 2);
        let numbers = document.descendants().filter_map(|node| node.attribute("width")?.parse::<f64>().ok());
        assert!(numbers.into_iter().all(|width| width > 0.0 && width <= WIDTH), "{text}");
    }
}
