//! The description of the API against the answers of a daemon.

use lab::{RouterHost, wait};
use serde_json::{Value, json};

use super::{PATIENCE, bench, instance, request};

/// Status, media type and body of an answer.
fn answer(router: &RouterHost, what: &str) -> (String, String, String) {
    let mut lines = request(&router.control(), what, "connection: close\r\n");
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let status = head[0].split(' ').nth(1).unwrap().to_owned();
    let kind = head.iter().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default().to_owned();
    let body: Vec<String> = lines.collect();
    (status, kind, body.join("\n"))
}

/// What a value is that a schema does not allow, with where it stands; of what is not described it says so.
fn problem(schema: &Value, value: &Value, api: &Value, at: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = api.pointer(name.strip_prefix('#')?)?;
        return problem(schema, value, api, at);
    }
    let alternatives = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    if let Some(alternatives) = alternatives {
        let problems: Vec<String> = alternatives.iter().filter_map(|it| problem(it, value, api, at)).collect();
        return (problems.len() == alternatives.len()).then(|| problems.join("; "));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = &schema["type"];
    let is_kind = |it: &Value| it == kind || (it == "number" && kind == "integer");
    if !kinds.is_null() && !is_kind(kinds) && !kinds.as_array().is_some_and(|kinds| kinds.iter().any(is_kind)) {
        return Some(format!("{at} is {value}, not {kinds}"));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.filter(|_| value.is_object()).find(|name| value.get(name).is_none()) {
        return Some(format!("{at}.{missing} is missing"));
    }
    let open = schema.get("additionalProperties");
    let of_member = |(name, value): (&String, &Value)| {
        let Some(schema) = schema["properties"].get(name).or(open) else {
            return schema.get("type").map(|_| format!("{at}.{name} is not described"));
        };
        problem(schema, value, api, &format!("{at}.{name}"))
    };
    let of_item = |value: &Value| problem(&schema["items"], value, api, &format!("{at}[]"));
    match value {
        Value::Object(members) => members.iter().find_map(of_member),
        Value::Array(items) => items.iter().find_map(of_item),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Asks, and compares: the status is one that is described, and so is all of the body.
fn compare(router: &RouterHost, api: &Value, (method, path): (&str, &str), (name, expected): (&str, &str)) {
    let asked = format!("{} {}", method.to_uppercase(), path.replace("{name}", name));
    // Without it the answer has no end.
    let asked = if path == "/v1/events" { asked + "?since=0" } else { asked };
    let (status, kind, body) = answer(router, &asked);
    assert_eq!(status, expected, "{asked}: {body}");
    let described = &api["paths"][path][method]["responses"][&status]["content"][&kind];
    assert!(!described.is_null(), "{asked}: {status} with {kind} is not described");
    let values = match kind.as_str() {
        "application/json" => vec![serde_json::from_str(&body).unwrap()],
        // Between the lines stand the sizes of chunks.
        "application/x-ndjson" => {
            body.lines().filter(|it| it.starts_with('{')).map(|it| serde_json::from_str(it).unwrap()).collect()
        }
        _ => vec![Value::String(body)],
    };
    let found = values.iter().find_map(|value| problem(&described["schema"], value, api, &asked));
    assert_eq!(found, None);
}

pub(crate) fn answers() {
    let mut bench = bench();
    for router in [&mut bench.left, &mut bench.right] {
        router.start_with(&instance(150)).unwrap();
    }
    let has_peer = || bench.left.status().is_some_and(|it| !it["heard"].as_array().is_none_or(Vec::is_empty));
    let hears = || has_peer() || bench.right.wait_state("BACKUP", std::time::Duration::ZERO);
    assert!(wait::until(PATIENCE, hears), "{}", bench.left.log());
    let (status, _, body) = answer(&bench.left, "GET /v1/openapi.json");
    assert_eq!(status, "200");
    let api: Value = serde_json::from_str(&body).unwrap();
    let mut compared = 0;
    for router in [&bench.left, &bench.right] {
        for (path, methods) in api["paths"].as_object().unwrap() {
            let changes_the_program = |method: &str| path == "/v1/restart" && method == "post";
            for method in methods.as_object().unwrap().keys().filter(|it| ["get", "post"].contains(&it.as_str())) {
                if changes_the_program(method) {
                    continue;
                }
                compare(router, &api, (method, path), ("VI_1", "200"));
                compared += 1;
                if path.contains("{name}") {
                    compare(router, &api, (method, path), ("nobody", "404"));
                }
            }
        }
    }
    assert!(compared >= 20, "{compared}");
    compare(&bench.left, &api, ("get", "/v1/status/{name}"), ("%ff", "400"));
    // The comparison finds what is wrong.
    let schema = json!({ "$ref": "#/components/schemas/Master" });
    let of = |value: Value| problem(&schema, &value, &api, "it");
    assert_eq!(of(json!({ "address": "192.0.2.1", "priority": 1 })), None);
    assert_eq!(of(json!({ "address": "192.0.2.1" })).as_deref(), Some("it.priority is missing"));
    let other = of(json!({ "address": "192.0.2.1", "priority": 1, "mac": "" }));
    assert_eq!(other.as_deref(), Some("it.mac is not described"));
    assert!(of(json!({ "address": 1, "priority": 1 })).is_some());
}
