//! The client side of the control API.

use std::io;
use std::path::Path;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

/// Why a request failed, in words for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot reach a daemon at {path}: {source}; is `tanist run` running, and is --control the same?")]
    Unreachable { path: String, source: io::Error },
    #[error("the daemon says: {0}")]
    Refused(String),
    #[error("the daemon's answer cannot be read: {0}")]
    Garbled(String),
}

/// Asks for `path` and reads the whole answer.
///
/// # Errors
/// If there is no daemon, or it refuses.
pub(crate) fn get<T: DeserializeOwned>(control: &Path, path: &str) -> Result<T, ClientError> {
    runtime()?.block_on(async {
        let response = open(control, path).await?;
        let body = response.into_body().collect().await.map_err(|error| ClientError::Garbled(error.to_string()))?;
        serde_json::from_slice(&body.to_bytes()).map_err(|error| ClientError::Garbled(error.to_string()))
    })
}

/// Asks for `path` and hands over each line of the answer as it comes, until the daemon ends it or `each` says stop.
///
/// # Errors
/// If there is no daemon, or it refuses.
pub(crate) fn follow(
    control: &Path,
    path: &str,
    mut each: impl FnMut(&str) -> io::Result<()>,
) -> Result<(), ClientError> {
    runtime()?.block_on(async {
        let mut body = open(control, path).await?.into_body();
        let mut pending = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ClientError::Garbled(error.to_string()))?;
            pending.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                if each(String::from_utf8_lossy(&line).trim_end()).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, ClientError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| ClientError::Unreachable { path: "a runtime".into(), source })
}

async fn open(control: &Path, path: &str) -> Result<Response<Incoming>, ClientError> {
    let unreachable = |source| ClientError::Unreachable { path: control.display().to_string(), source };
    let stream = UnixStream::connect(control).await.map_err(unreachable)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| ClientError::Garbled(error.to_string()))?;
    tokio::spawn(connection);
    let request = Request::get(path)
        .header("host", "tanist")
        .body(Empty::<Bytes>::new())
        .map_err(|error| ClientError::Garbled(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(|error| ClientError::Garbled(error.to_string()))?;
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    let body = response.into_body().collect().await.map_err(|error| ClientError::Garbled(error.to_string()))?;
    Err(ClientError::Refused(String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}
