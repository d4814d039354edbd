//! The counters of a lab, to be read by people.

use serde_json::Value;

/// A line per counter, a column per direction.
pub(crate) fn table(stats: &Value) -> String {
    let mut text = format!("{:<22} {:>16} {:>16}\n", "", "a to b", "b to a");
    for (key, ab) in stats["ab"].as_object().into_iter().flatten() {
        let ba = &stats["ba"][key];
        match ab.as_object() {
            None => text += &line(key, ab, ba),
            Some(parts) => {
                for (part, value) in parts {
                    text += &line(&format!("{key} {part}"), value, &ba[part]);
                }
            }
        }
    }
    text
}

fn line(name: &str, ab: &Value, ba: &Value) -> String {
    let show = |value: &Value| match value.as_f64().filter(|_| value.is_f64()) {
        Some(number) => format!("{number:.3}"),
        None => value.to_string(),
    };
    format!("{:<22} {:>16} {:>16}\n", name.replace('_', " "), show(ab), show(ba))
}
