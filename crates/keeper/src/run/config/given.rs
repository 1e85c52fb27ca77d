//! Settings as they were given: a flat list of keys and texts, where the environment overrides the file and the command line both.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::error::ConfigError;

/// Before the name of every environment variable: `rpc.url` is `FIREBREAK_KEEPER_RPC_URL`.
pub const PREFIX: &str = "FIREBREAK_KEEPER_";

/// One value and where it comes from.
#[derive(Clone, Debug)]
struct Value {
    text: String,
    source: String,
}

/// All values, and which keys were asked for.
#[derive(Debug, Default)]
pub struct Given {
    values: BTreeMap<String, Value>,
    /// Variables that begin with the prefix, by what follows it.
    environment: BTreeMap<String, String>,
    known: BTreeSet<String>,
}

impl Given {
    /// The values of a file. A value is kept as its text; lists are joined with commas, tables are sections.
    pub fn file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::File { path: path.to_owned(), cause })?;
        Self::text(&text, path)
    }

    fn text(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let syntax = |cause: String| ConfigError::Syntax { path: path.to_owned(), cause };
        let table: toml::Table = text.parse().map_err(|cause: toml::de::Error| syntax(cause.to_string()))?;
        let mut given = Self::default();
        flatten("", &table, &mut |key, text| {
            given.values.insert(key, Value { text, source: path.display().to_string() });
        });
        Ok(given)
    }

    /// Adds variables of the environment; those without the prefix are none of ours.
    pub fn with_environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, text) in variables {
            if let Some(rest) = name.strip_prefix(PREFIX) {
                self.environment.insert(rest.to_owned(), text);
            }
        }
        self
    }

    /// Adds what the command line says; it comes first.
    pub fn with(mut self, key: &str, text: Option<String>) -> Self {
        if let Some(text) = text {
            self.environment.remove(&variable(key));
            self.values.insert(key.to_owned(), Value { text, source: "command line".to_owned() });
        }
        self
    }

    /// The value of a key as `parse` reads it. Error: it does not.
    pub fn read<T>(
        &mut self,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let bad = || ConfigError::Bad {
            key: key.to_owned(),
            value: value.text.clone(),
            source: value.source.clone(),
            expected: expected.to_owned(),
        };
        parse(value.text.trim()).map(Some).ok_or_else(bad)
    }

    /// A secret: its value is never shown.
    pub fn secret(&mut self, key: &str) -> Option<String> {
        self.take(key).map(|value| value.text.trim().to_owned())
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.known.insert(key.to_owned());
        let name = variable(key);
        let of_environment = self.environment.remove(&name);
        let of_file = self.values.remove(key);
        match of_environment {
            Some(text) => Some(Value { text, source: format!("environment variable {PREFIX}{name}") }),
            None => of_file,
        }
    }

    /// What is left below a section, whose keys are free: `feeds.0`.
    pub fn below(&mut self, section: &str) -> BTreeMap<String, (String, String)> {
        let prefix = format!("{section}.");
        self.known.insert(format!("{prefix}<index>"));
        let keys: Vec<String> = self.values.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
        let entries = keys.into_iter().filter_map(|key| {
            let value = self.values.remove(&key)?;
            Some((key[prefix.len()..].to_owned(), (value.text, value.source)))
        });
        entries.collect()
    }

    /// Refuses what nobody asked for.
    pub fn finish(self) -> Result<(), ConfigError> {
        let unknown = |key: String, source: String| {
            let section = key.rsplit_once('.').map(|(section, _)| format!("{section}.")).unwrap_or_default();
            let is_near = |known: &&String| known.starts_with(&section);
            let near: Vec<&str> = self.known.iter().filter(is_near).map(String::as_str).collect();
            let known = if near.is_empty() { self.known.iter().map(String::as_str).collect() } else { near };
            Err(ConfigError::Unknown { key, source, known: known.join(", ") })
        };
        if let Some((key, value)) = self.values.first_key_value() {
            return unknown(key.clone(), value.source.clone());
        }
        match self.environment.first_key_value() {
            Some((name, _)) => unknown(format!("{PREFIX}{name}"), "environment".to_owned()),
            None => Ok(()),
        }
    }
}

fn variable(key: &str) -> String {
    key.replace('.', "_").to_uppercase()
}

fn flatten(prefix: &str, table: &toml::Table, keep: &mut impl FnMut(String, String)) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{key}."), inner, keep),
            toml::Value::Array(items) => keep(key, items.iter().map(text_of).collect::<Vec<_>>().join(",")),
            other => keep(key, text_of(other)),
        }
    }
}

fn text_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_comes_before_the_environment_and_that_before_the_file() {
        let file = || Given::text("a = 1\n[rpc]\nurl = \"file\"\nlist = [1, \"two\"]\n", Path::new("x.toml")).unwrap();
        let variables =
            || [("FIREBREAK_KEEPER_RPC_URL".to_owned(), "variable".to_owned()), ("HOME".to_owned(), "/".to_owned())];
        let url = |mut given: Given| given.read("rpc.url", "", |text| Some(text.to_owned())).unwrap().unwrap();
        assert_eq!(url(file()), "file");
        assert_eq!(url(file().with_environment(variables())), "variable");
        assert_eq!(url(file().with_environment(variables()).with("rpc.url", Some("line".to_owned()))), "line");
        let mut given = file();
        assert_eq!(given.read("rpc.list", "", |text| Some(text.to_owned())).unwrap().unwrap(), "1,two");
        assert_eq!(given.read("rpc.other", "", |text| Some(text.to_owned())).unwrap(), None);
        let error = given.read("a", "a word", |_| None::<u8>).unwrap_err().to_string();
        assert_eq!(error, "`a` is `1` (x.toml); expected: a word");
    }

    #[test]
    fn what_nobody_asks_for_is_refused_by_name() {
        let mut given = Given::text("[rpc]\nurl = 1\nulr = 2\n", Path::new("x.toml")).unwrap();
        given.read("rpc.url", "", |text| Some(text.to_owned())).unwrap();
        let error = given.finish().unwrap_err().to_string();
        assert_eq!(error, "`rpc.ulr` (x.toml) is no setting of the keeper; there are: rpc.url");
        let variables = [("FIREBREAK_KEEPER_NOTHING".to_owned(), "1".to_owned())];
        let error = Given::default().with_environment(variables).finish().unwrap_err().to_string();
        assert!(error.contains("FIREBREAK_KEEPER_NOTHING"), "{error}");
        assert!(Given::text("a = ", Path::new("x.toml")).unwrap_err().to_string().contains("x.toml"));
    }
}
