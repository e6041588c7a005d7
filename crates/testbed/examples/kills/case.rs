//! What is killed, when, with how many routers: chosen at random, the same for both daemons.

use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use testbed::lan::VmacMode;
use testbed::sim::Random;
use vrrp::types::Family;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Victim {
    /// tanist's daemon.
    Tanist,
    /// The process of keepalived that speaks VRRP. Its parent starts another.
    KeepalivedVrrp,
    /// Its parent. The other process leaves as planned then.
    KeepalivedParent,
    /// All of keepalived.
    KeepalivedAll,
}

/// What the victim is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It has just been started beside a master.
    Start,
    /// It takes over.
    Takeover,
    /// It is master.
    Steady,
    /// It reads another configuration.
    Reload,
    /// It was told to stop.
    Stop,
}

/// How many routers the victim runs, half of them IPv4 and half IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// One of each family.
    One,
    /// 50 in all.
    Fifty,
    /// 500 in all.
    FiveHundred,
}

/// One kill.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) victim: Victim,
    pub(crate) moment: Moment,
    pub(crate) size: Size,
    pub(crate) vmac: VmacMode,
    /// Where in the moment, in thousandths of its length.
    pub(crate) place: u64,
}

impl Victim {
    pub(crate) const ALL: [Self; 4] = [Self::Tanist, Self::KeepalivedVrrp, Self::KeepalivedParent, Self::KeepalivedAll];

    pub(crate) const fn is_tanist(self) -> bool {
        match self {
            Self::Tanist => true,
            Self::KeepalivedVrrp | Self::KeepalivedParent | Self::KeepalivedAll => false,
        }
    }
}

impl Moment {
    pub(crate) const ALL: [Self; 5] = [Self::Steady, Self::Takeover, Self::Reload, Self::Start, Self::Stop];

    /// Within which time of its beginning the kill comes.
    pub(crate) const fn length(self, interval: Duration) -> Duration {
        match self {
            Self::Start => interval.saturating_mul(4),
            Self::Steady => interval.saturating_mul(2),
            Self::Takeover => Duration::from_millis(30),
            Self::Reload | Self::Stop => Duration::from_millis(100),
        }
    }
}

impl Size {
    pub(crate) const ALL: [Self; 3] = [Self::One, Self::Fifty, Self::FiveHundred];

    /// Routers of one family.
    const fn of_family(self) -> u16 {
        match self {
            Self::One => 1,
            Self::Fifty => 25,
            Self::FiveHundred => 250,
        }
    }

    /// Time between two adverts.
    pub(crate) const fn interval(self) -> Duration {
        match self {
            Self::One | Self::Fifty => Duration::from_millis(300),
            Self::FiveHundred => Duration::from_secs(1),
        }
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tanist => "tanist",
            Self::KeepalivedVrrp => "keepalived: its VRRP process",
            Self::KeepalivedParent => "keepalived: its parent process",
            Self::KeepalivedAll => "keepalived: all its processes",
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "just started",
            Self::Takeover => "taking over",
            Self::Steady => "master",
            Self::Reload => "reloading",
            Self::Stop => "stopping",
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "1 router of each family",
            Self::Fifty => "50 routers",
            Self::FiveHundred => "500 routers",
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { victim, moment, size, vmac, place } = self;
        write!(f, "{victim}, {moment} ({place}‰), {size}, {vmac}")
    }
}

/// So many, tanist and keepalived in turn: each of two that follow each other has the same moment and size.
pub(crate) fn cases(count: usize, seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    let keepalived = Victim::ALL.into_iter().filter(|victim| !victim.is_tanist()).cycle();
    let pairs = Moment::ALL.into_iter().cycle().zip(keepalived).flat_map(|(moment, keepalived)| {
        // Many routers take long to start.
        let size = random.pick(&[
            Size::One,
            Size::One,
            Size::One,
            Size::One,
            Size::One,
            Size::One,
            Size::Fifty,
            Size::Fifty,
            Size::Fifty,
            Size::FiveHundred,
        ]);
        let (vmac, place) = (random.pick(&[VmacMode::Vmac, VmacMode::None]), random.below(1000));
        [Victim::Tanist, keepalived].map(|victim| Case { victim, moment, size, vmac, place })
    });
    pairs.take(count).collect()
}

/// What a router's file says. Another number of `further` addresses makes it another configuration.
pub(crate) fn config(case: &Case, priority: u8, further: u8) -> String {
    let mut text = "global_defs {\n    vrrp_version 3\n    vrrp_garp_master_delay 1\n}\n".to_owned();
    for number in 1..=case.size.of_family() {
        for family in [Family::Ipv4, Family::Ipv6] {
            instance(&mut text, case, priority, (number, family), further);
        }
    }
    text
}

fn instance(text: &mut String, case: &Case, priority: u8, (number, family): (u16, Family), further: u8) {
    let vmac = match case.vmac {
        VmacMode::None => "",
        VmacMode::Vmac => "    use_vmac\n",
        VmacMode::XmitBase => "    use_vmac\n    vmac_xmit_base\n",
    };
    let interval = case.size.interval().as_secs_f64();
    let (name, addresses) = match family {
        Family::Ipv4 => ("four", format!("10.9.1.{number}/16")),
        Family::Ipv6 => ("six", format!("fe80::9:{number}/64\n        2001:db8:9::1:{number}/64")),
    };
    let further: String = (0..further)
        .map(|it| match family {
            Family::Ipv4 => format!("        10.9.{}.{number}/16\n", 2 + it),
            Family::Ipv6 => format!("        2001:db8:9::{}:{number}/64\n", 2 + it),
        })
        .collect();
    // Writing into a text never fails.
    write!(
        text,
        "vrrp_instance {name}{number} {{\n    state BACKUP\n    interface eth0\n    virtual_router_id {number}\n    priority {priority}\n    \
         advert_int {interval}\n{vmac}    virtual_ipaddress {{\n        {addresses}\n{further}    }}\n}}\n"
    )
    .ok();
}
