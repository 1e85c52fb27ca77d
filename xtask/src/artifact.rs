//! A built program: is it really the sBPF version that the runtime will be asked to run?

use anyhow::{Result, bail};

/// The newest sBPF version enabled on mainnet, and the only one Firebreak ships.
pub const SBPF_VERSION: u32 = 3;

/// The linker takes the version from a flag and the loader from the ELF header; a flag lost on the way would
/// otherwise show up as a program that costs more, or that a validator refuses.
pub fn require_sbpf_version(elf: &[u8]) -> Result<()> {
    const FLAGS: std::ops::Range<usize> = 48..52;
    let flags = elf.get(FLAGS).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    match flags {
        Some(SBPF_VERSION) if elf.starts_with(b"\x7fELF\x02\x01") => Ok(()),
        Some(version) if elf.starts_with(b"\x7fELF") => {
            bail!("the linker produced sBPF v{version}, not v{SBPF_VERSION}: was it passed --arch v{SBPF_VERSION}?")
        }
        _ => bail!("the linker did not produce an ELF file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u32) -> Vec<u8> {
        let mut elf = vec![0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[48..52].copy_from_slice(&version.to_le_bytes());
        elf
    }

    #[test]
    fn accepts_only_the_version_that_is_shipped() {
        assert!(require_sbpf_version(&header(SBPF_VERSION)).is_ok());
        for version in [0, SBPF_VERSION - 1, SBPF_VERSION + 1] {
            assert!(require_sbpf_version(&header(version)).is_err());
        }
        assert!(require_sbpf_version(b"not a program").is_err());
        assert!(require_sbpf_version(&header(SBPF_VERSION)[..51]).is_err());
    }
}
