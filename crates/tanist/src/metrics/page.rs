//! A page of metrics: each with its name, what it says and its samples.

use std::borrow::Cow;
use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// A label and its value.
pub(super) type Label<'a> = (&'static str, Cow<'a, str>);

/// One value, with the labels of its subject and those of its own.
pub(super) struct Sample<'a, V> {
    pub(super) subject: &'a [Label<'a>],
    pub(super) own: Vec<Label<'a>>,
    pub(super) value: V,
}

impl<'a, V> Sample<'a, V> {
    /// With the labels of its subject only.
    pub(super) const fn new(subject: &'a [Label<'a>], value: V) -> Self {
        Self { subject, own: Vec::new(), value }
    }
}

/// The page.
pub(super) struct Page<'a>(pub(super) DescriptorEncoder<'a>);

impl Page<'_> {
    /// What only grows. `_total` is added to its name.
    pub(super) fn counter<'s>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample<'s, u64>>,
    ) -> fmt::Result {
        self.write((name, help, MetricType::Counter), samples, |encoder, value| {
            encoder.encode_counter::<NoLabelSet, _, u64>(value, None)
        })
    }

    /// What goes up and down.
    pub(super) fn gauge<'s>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample<'s, f64>>,
    ) -> fmt::Result {
        self.write((name, help, MetricType::Gauge), samples, |encoder, value| encoder.encode_gauge(value))
    }

    /// A counter whose name does not say so.
    pub(super) fn untyped<'s>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample<'s, u64>>,
    ) -> fmt::Result {
        self.write((name, help, MetricType::Unknown), samples, |encoder, value| encoder.encode_gauge(value))
    }

    /// A metric without samples is not there.
    fn write<'s, V>(
        &mut self,
        (name, help, kind): (&str, &str, MetricType),
        samples: impl IntoIterator<Item = Sample<'s, V>>,
        encode: impl Fn(&mut MetricEncoder<'_>, &V) -> fmt::Result,
    ) -> fmt::Result {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return Ok(());
        }
        let mut metric = self.0.encode_descriptor(name, help, None, kind)?;
        for Sample { subject, own, value } in samples {
            match (subject, &own[..]) {
                ([], []) => encode(&mut metric, &value)?,
                (subject, own) => encode(&mut metric.encode_family(&(subject, own))?, &value)?,
            }
        }
        Ok(())
    }
}
