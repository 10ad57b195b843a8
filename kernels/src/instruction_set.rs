//! The instruction sets that kernels are compiled for, and which of them this machine has.

use super::simd::{Kernel, Simd};

/// Why an instruction set that was asked for by `RELATA_CPU` is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The word names none of these.
    Unknown {
        /// The word as it was given.
        word: String,
        /// What there is.
        known: &'static [&'static str],
    },
    /// This machine lacks it.
    Missing {
        /// The word as it was given.
        word: String,
    },
}

/// The words that `RELATA_CPU` takes.
const KNOWN: [&str; 4] = ["portable", "avx2", "avx512", "neon"];

/// A set of instructions that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// No more than the compiler may assume anyway.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2, FMA and AVX-VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx2Vnni,
    /// AVX-512 F, BW, VL and VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// NEON with products of signed bytes (`dotprod`).
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// NEON with products of unsigned bytes and signed ones too (`i8mm`).
    #[cfg(target_arch = "aarch64")]
    NeonI8mm,
}

impl InstructionSet {
    /// The sets that this machine has, the best first. The last is always `Portable`.
    pub fn available() -> Vec<InstructionSet> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("fma") && has!("popcnt");
            if avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512vnni") {
                sets.push(InstructionSet::Avx512);
            }
            if avx2 && has!("avxvnni") {
                sets.push(InstructionSet::Avx2Vnni);
            }
            if avx2 {
                sets.push(InstructionSet::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            use std::arch::is_aarch64_feature_detected as has;
            let (neon, dot) = (has!("neon"), has!("dotprod"));
            if neon && dot && has!("i8mm") {
                sets.push(InstructionSet::NeonI8mm);
            }
            if neon && dot {
                sets.push(InstructionSet::NeonDot);
            }
            if neon {
                sets.push(InstructionSet::Neon);
            }
        }
        sets.push(InstructionSet::Portable);
        sets
    }

    /// The best set, or the one that `RELATA_CPU` forces.
    ///
    /// # Errors
    /// [`Refused`] for a word that is no set, or a set that this machine lacks.
    pub fn choose() -> Result<InstructionSet, Refused> {
        match std::env::var("RELATA_CPU") {
            Ok(word) if !word.is_empty() => InstructionSet::named(&word),
            _ => Ok(InstructionSet::available()[0]),
        }
    }

    fn named(word: &str) -> Result<InstructionSet, Refused> {
        if !KNOWN.contains(&word) {
            return Err(Refused::Unknown { word: word.to_owned(), known: &KNOWN });
        }
        let set = InstructionSet::available().into_iter().find(|set| set.name() == word);
        set.ok_or_else(|| Refused::Missing { word: word.to_owned() })
    }

    /// The name by which `RELATA_CPU` chooses it: `avx2` is with VNNI where there is VNNI, `neon`
    /// with the best products of bytes.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 | InstructionSet::Avx2Vnni => "avx2",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon | InstructionSet::NeonDot | InstructionSet::NeonI8mm => "neon",
        }
    }

    /// Lanes of a panel of packed weights.
    pub(super) fn panel(self) -> usize {
        struct Count;
        impl Kernel for Count {
            type Output = usize;
            fn run<L: Simd>(self) -> usize {
                L::N * L::VECTORS
            }
        }
        self.run(Count)
    }

    /// Zero-point offset subtracted from quantised bytes (128 on sets that multiply signed bytes
    /// only).
    pub(super) fn byte_offset(self) -> i32 {
        struct Offset;
        impl Kernel for Offset {
            type Output = i32;
            fn run<L: Simd>(self) -> i32 {
                L::OFFSET
            }
        }
        self.run(Offset)
    }

    /// Runs a kernel as it is compiled for this set.
    pub(super) fn run<J: Kernel>(self, job: J) -> J::Output {
        match self {
            InstructionSet::Portable => job.run::<super::portable::Portable>(),
            // SAFETY: a set other than `Portable` is only made by `available`, which has asked the
            // processor.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { super::x86::avx2(job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2Vnni => unsafe { super::x86::avx2_vnni(job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { super::x86::avx512(job) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { super::neon::neon(job) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::NeonDot => unsafe { super::neon::neon_dot(job) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::NeonI8mm => unsafe { super::neon::neon_i8mm(job) },
        }
    }
}
