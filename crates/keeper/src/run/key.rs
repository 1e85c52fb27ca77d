//! The key file: read once, refused where others may read it, locked as long as the keeper runs.

use std::{
    fmt,
    fs::{File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use solana_keypair::Keypair;
use solana_signer::Signer;

/// Why a key file is not used.
#[derive(Debug)]
pub enum KeyError {
    File {
        path: PathBuf,
        cause: std::io::Error,
    },
    /// Others than its owner may read it: its mode.
    Open {
        path: PathBuf,
        mode: u32,
    },
    Malformed {
        path: PathBuf,
        cause: String,
    },
    /// Another keeper on this machine runs with it.
    Taken {
        path: PathBuf,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => {
                write!(
                    f,
                    "cannot read the key file {}: {cause} (--create-key makes one where there is none)",
                    path.display()
                )
            }
            Self::Open { path, mode } => write!(
                f,
                "the key file {} has mode {mode:03o}: others than its owner may read it. Run `chmod 600 {}`",
                path.display(),
                path.display()
            ),
            Self::Malformed { path, cause } => write!(
                f,
                "the key file {} holds no key: {cause}. Expected: a JSON list of 64 numbers, as Solana's tools write it",
                path.display()
            ),
            Self::Taken { path } => write!(
                f,
                "another keeper on this machine runs with the key file {}. Stop it first, or use another key: keepers with different \
                 keys may run side by side",
                path.display()
            ),
        }
    }
}

impl std::error::Error for KeyError {}

/// Makes a key file that only its owner can read; one that is there is left alone.
pub fn create_key(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => file.write_all(format!("{:?}", Keypair::new().to_bytes()).as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// A key that is this process's alone as long as the value lives.
pub struct OwnKey {
    pub key: Keypair,
    /// Holds the lock; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl OwnKey {
    /// Reads and locks a key file.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let file = |cause| KeyError::File { path: path.to_owned(), cause };
        let mut lock = File::open(path).map_err(file)?;
        require_private(path, &lock)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(KeyError::Taken { path: path.to_owned() }),
            Err(TryLockError::Error(cause)) => return Err(file(cause)),
        }
        let mut text = String::new();
        lock.read_to_string(&mut text).map_err(file)?;
        let malformed = |cause: String| KeyError::Malformed { path: path.to_owned(), cause };
        let bytes: Vec<u8> =
            serde_json::from_str(&text).map_err(|_| malformed("it is no JSON list of bytes".to_owned()))?;
        let key = Keypair::try_from(bytes.as_slice()).map_err(|error| malformed(error.to_string()))?;
        Ok(Self { key, _lock: lock })
    }
}

impl fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnKey({})", self.key.pubkey())
    }
}

#[cfg(unix)]
fn require_private(path: &Path, file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|cause| KeyError::File { path: path.to_owned(), cause })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyError::Open { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn require_private(_: &Path, _: &File) -> Result<(), KeyError> {
    Ok(()) // CHECK: there are no modes to look at here
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn written(name: &str, text: &str, mode: u32) -> PathBuf {
        let path = std::env::temp_dir().join(format!("firebreak-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_with_what_to_do() {
        let key = Keypair::new();
        let text = serde_json::to_string(&key.to_bytes().to_vec()).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o644] {
            let path = written("open.json", &text, mode);
            let error = OwnKey::open(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600") && error.contains(&format!("{mode:o}")), "{error}");
            std::fs::remove_file(path).unwrap();
        }
        let path = written("own.json", &text, 0o600);
        let own = OwnKey::open(&path).unwrap();
        assert_eq!(own.key.pubkey(), key.pubkey());
        assert!(OwnKey::open(&path).unwrap_err().to_string().contains("another keeper"));
        drop(own);
        assert!(OwnKey::open(&path).is_ok(), "the lock ends with its holder");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let path = std::env::temp_dir().join(format!("firebreak-{}-new.json", std::process::id()));
        create_key(&path).unwrap();
        let first = OwnKey::open(&path).unwrap().key.pubkey();
        create_key(&path).unwrap();
        assert_eq!(OwnKey::open(&path).unwrap().key.pubkey(), first);
        std::fs::remove_file(path).unwrap();
        assert!(create_key(Path::new("/nowhere/at/all.json")).is_err());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "[1,2,3]", "{}", "[300]"] {
            let path = written("bad.json", text, 0o600);
            assert!(OwnKey::open(&path).unwrap_err().to_string().contains("64 numbers"), "{text}");
            std::fs::remove_file(path).unwrap();
        }
        assert!(OwnKey::open(Path::new("/nowhere/at/all.json")).unwrap_err().to_string().contains("cannot read"));
    }
}
