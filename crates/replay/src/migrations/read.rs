//! Steps from files, and those that were built in.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};

use super::{Migration, Step};

/// The files of `migrations/`, for whoever runs the program without its sources.
const BUILT_IN: [(&str, &str); 8] = [
    ("01-deploy", include_str!("../../../../migrations/01-deploy.toml")),
    ("02-tokens", include_str!("../../../../migrations/02-tokens.toml")),
    ("03-create", include_str!("../../../../migrations/03-create.toml")),
    ("04-list-sol", include_str!("../../../../migrations/04-list-sol.toml")),
    ("05-list-btc", include_str!("../../../../migrations/05-list-btc.toml")),
    ("06-list-eth", include_str!("../../../../migrations/06-list-eth.toml")),
    ("07-bank-wsol", include_str!("../../../../migrations/07-bank-wsol.toml")),
    ("08-seal", include_str!("../../../../migrations/08-seal.toml")),
];

/// The steps of the project's own `migrations/`, as they were when this was built.
pub fn built_in() -> Result<Vec<Migration>> {
    BUILT_IN.iter().map(|(name, text)| parse(name, text)).collect()
}

/// The steps of a folder: every `.toml` file, by name. Errors name the file and what is wrong in it.
pub fn read_folder(folder: &Path) -> Result<Vec<Migration>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read the folder {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "the folder {} holds no .toml file", folder.display());
    files.iter().map(|path| read_file(path)).collect()
}

/// One step.
pub fn read_file(path: &Path) -> Result<Migration> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    parse(&name, &text)
}

fn parse(name: &str, text: &str) -> Result<Migration> {
    let step: Step = toml::from_str(text).map_err(|error| anyhow::anyhow!("{name}.toml: {}", one_line(&error)))?;
    if let Step::Create(create) = &step
        && create.receivers.len() > 4
    {
        bail!("{name}.toml: receivers lists {} programs, four are allowed", create.receivers.len());
    }
    Ok(Migration { name: name.to_owned(), step })
}

/// What is wrong and where, on one line.
fn one_line(error: &toml::de::Error) -> String {
    error.to_string().trim().lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{listing, world::keypair};
    use solana_signer::Signer;

    #[test]
    fn what_is_built_in_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let read: Vec<_> = read_folder(&folder).unwrap().into_iter().map(|found| format!("{found:?}")).collect();
        let built: Vec<_> = built_in().unwrap().into_iter().map(|found| format!("{found:?}")).collect();
        assert_eq!(read, built);
    }

    #[test]
    fn the_files_say_what_worlds_list() {
        let all = built_in().unwrap();
        let lists = all.iter().filter_map(|found| match &found.step {
            Step::List(list) => Some((format!("{:?}", list.asset), format!("{:?}", list.market))),
            _ => None,
        });
        let majors = listing::majors().into_iter();
        let majors = majors.map(|major| (format!("{:?}", major.asset), format!("{:?}", major.market)));
        assert_eq!(lists.collect::<Vec<_>>(), majors.collect::<Vec<_>>());
        let create = all.iter().find_map(|found| match &found.step {
            Step::Create(create) => Some(create),
            _ => None,
        });
        let create = create.unwrap();
        let expected = listing::clearinghouse_config(keypair("guardian").pubkey());
        assert_eq!(format!("{:?}", create.config()), format!("{expected:?}"));
        assert_eq!(create.quote_mint, keypair("quote mint").pubkey());
    }

    #[test]
    fn anchor_toml_names_the_same_program_and_runs_the_steps() {
        let anchor: toml::Table = toml::from_str(include_str!("../../../../Anchor.toml")).unwrap();
        let all = built_in().unwrap();
        let Step::Deploy(deploy) = &all[0].step else { panic!("the first step deploys") };
        assert_eq!(anchor["programs"]["localnet"]["firebreak"].as_str(), Some(deploy.program.to_string().as_str()));
        assert_eq!(deploy.program, firebreak_client::PROGRAM_ID);
        assert!(anchor["scripts"]["migrate"].as_str().is_some_and(|script| script.ends_with(" admin migrate")));
    }

    #[test]
    fn a_bad_file_is_named_with_what_is_wrong() {
        let error = |text: &str| parse("05-x", text).unwrap_err().to_string();
        assert!(error("step = \"fly\"").contains("05-x.toml") && error("step = \"fly\"").contains("fly"));
        assert!(error("step = \"deploy\"\nprogram = \"?\"").contains("`?` is no address"));
        assert!(error("step = \"seal\"\nforce = true").contains("force"));
        assert!(error("step = \"seal\"\n=").contains("line 2"));
        assert!(error("step = \"deploy\"").contains("program"));
    }
}
