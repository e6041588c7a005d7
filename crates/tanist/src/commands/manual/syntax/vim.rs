//! For Vim and Neovim.

use std::fmt::Write as _;

use conf::keyword::Block;

use super::{Opens, blocks, opened, opening, values};

const HEAD: &str = r##"" Vim syntax file
" Language: keepalived.conf
" Printed by `tanist manual vim`.

if exists("b:current_syntax")
  finish
endif

syn case match
syn sync fromstart
syn iskeyword @,48-57,_

syn match keepalivedNumber /\<\d\+\%(\.\d\+\)\?\>/
syn match keepalivedAddress /\<\d\{1,3}\%(\.\d\{1,3}\)\{3}\%(\/\d\{1,2}\)\?\>/
syn match keepalivedAddress /\<\x\{1,4}:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\%(\/\d\{1,3}\)\?\|::[0-9A-Fa-f:.]\+\%(\/\d\{1,3}\)\?/
syn match keepalivedReference /\$\h\w*\|\${[^}]*}/
syn match keepalivedDefinition /\%(^\|[{}]\)\s*\zs\$\h\w*\ze\s*=/
syn match keepalivedCondition /\%(^\|[{}]\)\s*\zs@\S\+/
syn match keepalivedLoop /\%(^\|[{}]\)\s*\%(@\S\+\s\+\)\?\zs\~\%(SEQx\?\|LST\)\ze(/
syn match keepalivedInclude /\%(^\|[{}]\)\s*\%(@\S\+\s\+\)\?\zsinclude[rmwba]\?\ze\s/
syn region keepalivedString start=/"/ end=/"/ oneline contains=keepalivedReference
syn match keepalivedComment /\\\@1<![#!].*$/ contains=@Spell
syn cluster keepalivedCommon contains=keepalivedNumber,keepalivedAddress,keepalivedReference,keepalivedDefinition,keepalivedCondition,keepalivedLoop,keepalivedInclude,keepalivedString,keepalivedComment,keepalivedValue
"##;

const TAIL: &str = r#"
syn region keepalivedInList matchgroup=keepalivedBrace start=/{/ end=/}/ contained contains=@keepalivedCommon,keepalivedInSkipped
syn region keepalivedInSkipped start=/{/ end=/}/ contained contains=keepalivedInSkipped,keepalivedString,keepalivedComment
syn match keepalivedNameSkipped /[^{#! \t][^{#!]*/ contained nextgroup=keepalivedInSkipped skipwhite skipempty

hi def link keepalivedNumber Number
hi def link keepalivedAddress Constant
hi def link keepalivedReference Identifier
hi def link keepalivedDefinition Define
hi def link keepalivedCondition PreCondit
hi def link keepalivedLoop Repeat
hi def link keepalivedInclude Include
hi def link keepalivedString String
hi def link keepalivedComment Comment
hi def link keepalivedValue Constant
hi def link keepalivedBrace Delimiter
"#;

/// The syntax file.
pub(in super::super) fn vim() -> String {
    let mut out = HEAD.to_owned();
    let values: Vec<&str> = values().into_iter().collect();
    line(&mut out, &format!("syn keyword keepalivedValue {} contained", values.join(" ")));
    let mut links = String::new();
    for (block, rows) in blocks() {
        let contained = if block == Block::Top { "" } else { " contained" };
        let group = format!("keepalived{block:?}");
        line(&mut out, "");
        if block != Block::Top {
            let groups: Vec<String> =
                opened(&rows).into_iter().map(|opens| format!(",{group}{}", suffix(opens))).collect();
            line(
                &mut out,
                &format!(
                    "syn region keepalivedIn{block:?} matchgroup=keepalivedBrace start=/{{/ end=/}}/ contained \
                     contains=@keepalivedCommon,keepalivedInSkipped,{group}{}",
                    groups.concat()
                ),
            );
            line(
                &mut out,
                &format!(
                    "syn match keepalivedName{block:?} /[^{{#! \\t][^{{#! \\t]*/ contained contains=keepalivedReference,keepalivedString \
                     nextgroup=keepalivedIn{block:?} skipwhite skipempty"
                ),
            );
        }
        let plain = opening(&rows, Opens::Nothing);
        if !plain.is_empty() {
            line(&mut out, &format!("syn keyword {group} {}{contained}", plain.join(" ")));
        }
        line(&mut links, &format!("hi def link {group} Keyword"));
        for opens in opened(&rows) {
            let (names, suffix) = (opening(&rows, opens).join(" "), suffix(opens));
            line(
                &mut out,
                &format!(
                    "syn keyword {group}{suffix} {names} nextgroup={} skipwhite skipempty{contained}",
                    next(opens)
                ),
            );
            line(&mut links, &format!("hi def link {group}{suffix} Structure"));
        }
    }
    format!("{out}{TAIL}{links}\nlet b:current_syntax = \"keepalived\"\n")
}

fn line(out: &mut String, line: &str) {
    // Writing to a String cannot fail.
    writeln!(out, "{line}").ok();
}

/// What the group of keywords that open it is called behind that of their block.
fn suffix(opens: Opens) -> String {
    match opens {
        Opens::Nothing => String::new(),
        Opens::Keywords(block) => format!("Opens{block:?}"),
        Opens::List => "OpensList".to_owned(),
        Opens::Skipped => "OpensSkipped".to_owned(),
    }
}

/// The groups that may follow.
fn next(opens: Opens) -> String {
    match opens {
        Opens::Nothing => String::new(),
        Opens::Keywords(block) => format!("keepalivedName{block:?},keepalivedIn{block:?}"),
        Opens::List => "keepalivedInList".to_owned(),
        Opens::Skipped => "keepalivedNameSkipped,keepalivedInSkipped".to_owned(),
    }
}
