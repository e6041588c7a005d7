//! The way: `via`, `dev` and what goes with them, alone or after `nexthop`.

use vrrp::types::Family;

use super::{Draft, LostHop, encap};
use crate::entry::words::{Done, Dropped, Part, Row, Words, often, once, put, set};
use crate::lexer::Word;
use crate::model::route::{Hop, NextHop, OnLink};
use crate::say;
use crate::value::decimal_number;

/// Largest weight: the kernel counts from 0 in a byte.
const WEIGHT_MAX: u16 = 256;

/// The options of a way.
pub(super) const OPTIONS: &[Row<Hop>] = &[
    once(&["via"], via),
    once(&["dev", "oif"], |words, word, hop| put(&mut hop.dev, words.interface(word))),
    once(&["realms"], |words, word, hop| put(&mut hop.realms, words.realms(word))),
    once(&["encap"], |words, word, hop| set(&mut hop.encap, encap::encap(words, word))),
    often(&["onlink"], |_, _, hop| set(&mut hop.onlink, OnLink::Assumed)),
];

fn via<'w>(words: &mut Words<'w, '_>, word: Word<'w>, hop: &mut Hop) -> Done {
    for (name, family) in [("inet", Family::Ipv4), ("inet6", Family::Ipv6)] {
        if let Some(word) = words.skip(name) {
            words.of_family(family, word.span)?;
        }
    }
    put(&mut hop.via, words.address(word))
}

pub(super) fn gateway<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    words.deprecated(word, "via");
    words.once("via", word);
    via(words, Word { text: "via", ..word }, &mut draft.route.hop)
}

/// All that follows the first `nexthop`.
pub(super) fn nexthops<'w>(words: &mut Words<'w, '_>, first: Word<'w>, draft: &mut Draft) {
    words.once("nexthop", first);
    let mut start = Some(first);
    while let Some(word) = start {
        match words.within(Part::NextHop, |words| nexthop(words, word)) {
            Ok(nexthop) => draft.route.nexthops.push(nexthop),
            Err(Dropped) => {
                draft.lost_hop = LostHop::Yes;
                words.skip_to("nexthop");
            }
        }
        start = words.skip("nexthop");
    }
    if let Some(word) = words.peek() {
        trailing(words, word);
    }
}

fn trailing(words: &mut Words<'_, '_>, word: Word<'_>) {
    let surplus = say::surplus_words_hop(word.span, word.text);
    words.out.push(if words.is_option(word.text) {
        surplus.help(say::surplus_words_hop_before())
    } else {
        surplus.did_you_mean(word.span, words.meant(word.text))
    });
}

/// The words after one `nexthop`, up to the first that cannot belong to it.
fn nexthop<'w>(words: &mut Words<'w, '_>, start: Word<'w>) -> Result<NextHop, Dropped> {
    const WEIGHT: &[Row<NextHop>] = &[once(&["weight"], |words, word, nexthop| {
        let number = |text: &str| u16::try_from(decimal_number(text)?).ok();
        let weight = |text: &str| number(text).filter(|weight| (1..=WEIGHT_MAX).contains(weight));
        set(&mut nexthop.weight, words.value(word, || say::route_value_number(1, WEIGHT_MAX), weight)?)
    })];
    let mut nexthop = NextHop { hop: Hop::default(), weight: 1 };
    while let Some(word) = words.next() {
        let known = words.option(OPTIONS, word, &mut nexthop.hop);
        match known.or_else(|| words.option(WEIGHT, word, &mut nexthop)) {
            Some(done) => done?,
            None => {
                words.step_back();
                break;
            }
        }
    }
    if nexthop.hop.via.is_none() && nexthop.hop.dev.is_none() {
        return words.drop_for(say::route_part_hop(start.span));
    }
    Ok(nexthop)
}
