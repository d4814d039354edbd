//! The properties file: the part of `java.util.Properties` that people write.

/// The pairs of `text`, in order. Comments start with `#` or `!`; key and value are separated by `=`, `:` or white space; a backslash at
/// the end continues a line; `\t`, `\n`, `\\`, `\:`, `\=`, `\#` and `\uXXXX` are understood.
pub(crate) fn properties(text: &str) -> Vec<(String, String)> {
    logical_lines(text).iter().map(|line| pair(line)).collect()
}

fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start();
        if open.is_none() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let continues = line.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        let mut whole = open.take().unwrap_or_default();
        whole.push_str(if continues { &line[..line.len() - 1] } else { line });
        if continues {
            open = Some(whole);
        } else {
            lines.push(whole);
        }
    }
    lines.extend(open);
    lines
}

fn pair(line: &str) -> (String, String) {
    let mut escaped = false;
    let end = line
        .find(|c: char| {
            let stop = !escaped && (c == '=' || c == ':' || c.is_whitespace());
            escaped = !escaped && c == '\\';
            stop
        })
        .unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
    (unescape(key), unescape(value))
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (String, String) {
        let all = properties(text);
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    #[test]
    fn keys_and_values_are_found_whatever_stands_between() {
        for text in ["a.b=c d", "a.b = c d", "  a.b : c d", "a.b c d", "# no\n! no\n\na.b=c \\\n   d"] {
            assert_eq!(one(text), ("a.b".to_owned(), "c d".to_owned()), "{text:?}");
        }
        assert_eq!(one("empty="), ("empty".to_owned(), String::new()));
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(one(r"path=C\:\\temp\\key \u00e9"), ("path".to_owned(), "C:\\temp\\key é".to_owned()));
        assert_eq!(one(r"bad=\u12"), ("bad".to_owned(), "\u{12}".to_owned()));
    }
}
