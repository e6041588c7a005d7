//! Requests and notifications, and in which order they may come.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lsp_server::{ErrorCode, Message, Notification, Request, Response, ResponseError};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CompletionOptions,
    CompletionParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    GotoDefinitionParams, HoverParams, HoverProviderCapability, LogMessageParams, MessageType, OneOf, Position,
    PositionEncodingKind, PublishDiagnosticsParams, ServerCapabilities, TextDocumentPositionParams,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::documents::Documents;
use super::project::{self, Asked, Project};
use super::wire::Incoming;
use super::{actions, completion, definition, diagnostics, hover};

/// Whether another message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    GoesOn,
    Ends,
}

/// What the client has asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing yet.
    Connected,
    Initialized,
    ShutDown,
}

type Answer = Result<Value, ResponseError>;

pub(super) struct Server<W> {
    out: W,
    phase: Phase,
    documents: Documents,
    /// What is made of them. `None`: they changed since.
    projects: Option<Vec<Project>>,
    /// Whether what is made of them is known to the client.
    is_published: bool,
    /// Files of which there is something to be seen.
    shown: BTreeSet<String>,
}

impl<W: Write> Server<W> {
    pub(super) const fn new(out: W) -> Self {
        let documents = Documents::new();
        Self { out, phase: Phase::Connected, documents, projects: None, is_published: true, shown: BTreeSet::new() }
    }

    pub(super) fn was_asked_to_end(&self) -> bool {
        self.phase == Phase::ShutDown
    }

    /// Answers a message.
    pub(super) fn take(&mut self, incoming: Incoming) -> io::Result<Course> {
        match incoming {
            Incoming::Message(Message::Request(request)) => {
                let Request { id, method, params } = request;
                let response_result = self.answer(&method, params);
                self.send(Response { id, response_result })?;
            }
            Incoming::Message(Message::Notification(Notification { method, .. })) if method == "exit" => {
                return Ok(Course::Ends);
            }
            Incoming::Message(Message::Notification(Notification { method, params })) => {
                if let Err(error) = self.note(&method, params) {
                    self.complain(format!("{method}: {error}"))?;
                }
            }
            // Nothing is asked of the client.
            Incoming::Message(Message::Response(_)) => {}
            Incoming::Malformed(why) => self.complain(why)?,
        }
        Ok(Course::GoesOn)
    }

    fn answer(&mut self, method: &str, params: Value) -> Answer {
        match (self.phase, method) {
            (Phase::Connected, "initialize") => {
                self.phase = Phase::Initialized;
                Ok(capabilities())
            }
            (Phase::Connected, _) => Err(error(ErrorCode::ServerNotInitialized, "`initialize` comes first")),
            (Phase::Initialized, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::ShutDown, _) | (Phase::Initialized, "initialize") => {
                Err(error(ErrorCode::InvalidRequest, format!("`{method}` cannot be asked for now")))
            }
            (Phase::Initialized, "textDocument/hover") => {
                let HoverParams { text_document_position_params: place, .. } = parsed(params)?;
                self.at(&place, hover::hover)
            }
            (Phase::Initialized, "textDocument/completion") => {
                let CompletionParams { text_document_position: place, .. } = parsed(params)?;
                self.at(&place, completion::items)
            }
            (Phase::Initialized, "textDocument/definition") => {
                let GotoDefinitionParams { text_document_position_params: place, .. } = parsed(params)?;
                self.at(&place, definition::definitions)
            }
            (Phase::Initialized, "textDocument/codeAction") => {
                let params: CodeActionParams = parsed(params)?;
                let place = TextDocumentPositionParams::new(params.text_document.clone(), params.range.start);
                self.at(&place, |asked| actions::actions(asked, &params))
            }
            (Phase::Initialized, _) => Err(error(ErrorCode::MethodNotFound, format!("`{method}` is not offered"))),
        }
    }

    /// What is to be said of a place; nothing of a file that is not open.
    fn at<T: Serialize>(&mut self, place: &TextDocumentPositionParams, say: impl FnOnce(Asked<'_>) -> T) -> Answer {
        let TextDocumentPositionParams { text_document, position } = place;
        let said = self.asked(&text_document.uri, *position).map(say);
        serde_json::to_value(said).map_err(|why| error(ErrorCode::InternalError, why.to_string()))
    }

    fn asked(&mut self, uri: &Uri, position: Position) -> Option<Asked<'_>> {
        let documents = &self.documents;
        let projects = self.projects.get_or_insert_with(|| project::all(documents));
        Asked::of(projects, documents, uri, position)
    }

    /// Takes note of what the client did; what is not for us is passed over.
    fn note(&mut self, method: &str, params: Value) -> serde_json::Result<()> {
        match (self.phase, method) {
            (Phase::Initialized, "textDocument/didOpen") => {
                let DidOpenTextDocumentParams { text_document } = serde_json::from_value(params)?;
                self.documents.open(text_document);
            }
            (Phase::Initialized, "textDocument/didChange") => {
                let params: DidChangeTextDocumentParams = serde_json::from_value(params)?;
                // The whole text: that is what was asked for.
                let Some(change) = params.content_changes.into_iter().rfind(|it| it.range.is_none()) else {
                    return Ok(());
                };
                self.documents.change(&params.text_document.uri, params.text_document.version, change.text);
            }
            (Phase::Initialized, "textDocument/didClose") => {
                let DidCloseTextDocumentParams { text_document } = serde_json::from_value(params)?;
                self.documents.close(&text_document.uri);
            }
            // What it includes may be another one now.
            (Phase::Initialized, "textDocument/didSave") => {}
            (Phase::Connected | Phase::Initialized | Phase::ShutDown, _) => return Ok(()),
        }
        self.projects = None;
        self.is_published = false;
        Ok(())
    }

    /// Tells the client what is wrong with the files, if they changed since.
    pub(super) fn publish(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_published, true) {
            return Ok(());
        }
        let projects = self.projects.get_or_insert_with(|| project::all(&self.documents));
        let found = diagnostics::by_file(projects, &self.documents);
        let shown: BTreeSet<String> = found.iter().map(|(uri, _)| uri.as_str().to_owned()).collect();
        let gone = self.shown.iter().filter(|uri| !shown.contains(*uri)).filter_map(|uri| uri.parse().ok());
        let gone: Vec<(Uri, Vec<_>)> = gone.map(|uri| (uri, Vec::new())).collect();
        self.shown = shown;
        for (uri, diagnostics) in gone.into_iter().chain(found) {
            let version = self.documents.named(&uri).map(|document| document.version);
            let params = PublishDiagnosticsParams { uri, diagnostics, version };
            self.send(Notification::new("textDocument/publishDiagnostics".to_owned(), params))?;
        }
        Ok(())
    }

    fn complain(&mut self, message: String) -> io::Result<()> {
        let params = LogMessageParams { typ: MessageType::WARNING, message };
        self.send(Notification::new("window/logMessage".to_owned(), params))
    }

    fn send(&mut self, message: impl Into<Message>) -> io::Result<()> {
        message.into().write(&mut self.out)
    }
}

fn parsed<T: DeserializeOwned>(params: Value) -> Result<T, ResponseError> {
    serde_json::from_value(params).map_err(|why| error(ErrorCode::InvalidParams, why.to_string()))
}

fn error(code: ErrorCode, message: impl Into<String>) -> ResponseError {
    ResponseError { code: code as i32, message: message.into(), data: None }
}

/// What is offered, as the answer to `initialize`.
fn capabilities() -> Value {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::FULL),
        save: Some(true.into()),
        ..TextDocumentSyncOptions::default()
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(PositionEncodingKind::UTF16),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec!["$".to_owned(), "{".to_owned(), " ".to_owned()]),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    };
    json!({
        "capabilities": capabilities,
        "serverInfo": { "name": "tanist", "version": env!("CARGO_PKG_VERSION") },
    })
}
