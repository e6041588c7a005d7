//! Deployments of different kinds, each with its configuration as users write it: `check` finds no error, they elect, fail
//! over on what fails there, come back, and leave nothing behind.
//!
//! | part | deployments |
//! |---|---|
//! | `services` | before services on the machines: proxies, an API, name servers, a database |
//! | `routers` | routers and firewalls, with virtual MACs, groups, both families |
//! | `clouds` | without multicast, or without an address |

mod clouds;
mod routers;
mod services;
mod site;

use std::process::ExitCode;

use testbed::lan::harness;

use self::site::Test;

fn main() -> ExitCode {
    harness::run(|| {
        if !(harness::has_program("ip", "deployments") && harness::has_program("sh", "deployments")) {
            return Vec::new();
        }
        let themes: [&[Test]; 3] = [services::ALL, routers::ALL, clouds::ALL];
        themes.into_iter().flatten().map(|(what, test)| harness::test(*what, test)).collect()
    })
}
