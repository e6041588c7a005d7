//! The golden bytes of `docs/vrrp-rules.md` §20, read and written.

use std::net::IpAddr;

use vrrp::wire::{self, Advert, AuthenticationField, ChecksumForm};
use vrrp::{Family, Interval, Priority, Version, Vrid};

use crate::{ip_from, read, unhex};

struct Golden {
    hex: &'static str,
    source: &'static str,
    version: Version,
    form: ChecksumForm,
    vrid: u8,
    priority: u8,
    centis: u16,
    addresses: &'static [&'static str],
    authentication: AuthenticationField,
}

const BASE: Golden = Golden {
    hex: "",
    source: "10.0.9.1",
    version: Version::V3,
    form: ChecksumForm::Rfc9568,
    vrid: 5,
    priority: 200,
    centis: 100,
    addresses: &["10.0.9.254"],
    authentication: AuthenticationField::NONE,
};

const GOLDEN: [Golden; 12] = [
    Golden { hex: "3105c8010064f2960a0009fe", ..BASE },
    Golden { hex: "3105c8010064ff060a0009fe", form: ChecksumForm::Rfc5798, ..BASE },
    Golden { hex: "310500010064ba970a0009fe", priority: 0, ..BASE },
    Golden { hex: "310500010064c7070a0009fe", priority: 0, form: ChecksumForm::Rfc5798, ..BASE },
    Golden { hex: "3101ff030fff79f3c0000201c0000202c0000203", ..OWNER },
    Golden {
        hex: "3101ff030fffd75ac0000201c0000202c0000203",
        source: "192.0.2.1",
        form: ChecksumForm::Rfc5798,
        ..OWNER
    },
    Golden {
        hex: "3105c8020064d9c8fe80000000000000000000000000000520010db8000900000000000000000254",
        source: "fe80::1",
        form: ChecksumForm::Rfc5798,
        addresses: &["fe80::5", "2001:db8:9::254"],
        ..BASE
    },
    Golden {
        hex: "31ff01010001c292fe8000000000000002005efffe0002ff",
        source: "fe80::abcd",
        form: ChecksumForm::Rfc5798,
        vrid: 255,
        priority: 1,
        centis: 1,
        addresses: &["fe80::200:5eff:fe00:2ff"],
        ..BASE
    },
    Golden {
        hex: "21331e010001b5c50a0001050000000000000000",
        version: Version::V2,
        vrid: 51,
        priority: 30,
        addresses: &["10.0.1.5"],
        ..BASE
    },
    Golden { hex: "2105c801000102fa0a0009fe0000000000000000", version: Version::V2, ..BASE },
    Golden {
        hex: "2105c80101019d930a0009fe3132333400000000",
        version: Version::V2,
        authentication: AuthenticationField { kind: 1, data: *b"1234\0\0\0\0" },
        ..BASE
    },
    Golden { hex: "210500010001cafa0a0009fe0000000000000000", version: Version::V2, priority: 0, ..BASE },
];

const OWNER: Golden =
    Golden { vrid: 1, priority: 255, centis: 4095, addresses: &["192.0.2.1", "192.0.2.2", "192.0.2.3"], ..BASE };

impl Golden {
    fn source(&self) -> IpAddr {
        self.source.parse().unwrap()
    }

    fn addresses(&self) -> Vec<IpAddr> {
        self.addresses.iter().map(|address| address.parse().unwrap()).collect()
    }
}

#[test]
fn golden_bytes_are_written() {
    for golden in GOLDEN {
        let advert = Advert {
            version: golden.version,
            vrid: Vrid::new(golden.vrid).unwrap(),
            priority: Priority::new(golden.priority),
            interval: Interval::from_centis(golden.centis).unwrap(),
            addresses: &golden.addresses(),
            authentication: golden.authentication,
        };
        let mut out = [0xff; 64];
        let (source, form) = (golden.source(), golden.form);
        let length = advert.emit(&source, &wire::group(Family::of(&source)), form, &mut out).unwrap();
        assert_eq!(out[..length], unhex(golden.hex), "{}", golden.hex);
    }
}

#[test]
fn golden_bytes_are_read() {
    for golden in GOLDEN {
        let bytes = unhex(golden.hex);
        let message = read(&ip_from(golden.source()), &bytes, Some(golden.version));
        assert_eq!(message.version(), Some(golden.version), "{}", golden.hex);
        assert_eq!(message.vrid(), Vrid::new(golden.vrid), "{}", golden.hex);
        assert_eq!(message.priority().value(), golden.priority, "{}", golden.hex);
        assert_eq!(message.interval(), Interval::from_centis(golden.centis), "{}", golden.hex);
        assert_eq!(message.checksum_form(), Some(golden.form), "{}", golden.hex);
        assert!(message.addresses().unwrap().iter().eq(golden.addresses()), "{}", golden.hex);
        let expected = (golden.version == Version::V2).then_some(golden.authentication);
        assert_eq!(message.authentication(), expected, "{}", golden.hex);
    }
}
