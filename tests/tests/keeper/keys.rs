//! Key files.

use std::{os::unix::fs::PermissionsExt, path::Path};

use solana_keypair::Keypair;

pub fn write(path: &Path, key: &Keypair, mode: u32) {
    std::fs::write(path, serde_json::to_string(&key.to_bytes().to_vec()).unwrap()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
