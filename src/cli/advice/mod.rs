//! What to do about an error, in terms of the command line.
//!
//! In: an error, which says what is wrong. Out: the options and commands that help, `None` where no
//! command does. Each `match` names every variant, so that the compiler asks for the advice of a
//! new one.

use crate::error::{
    BulkError, ConfigError, DeviceRefusal, DifferingSetting, EmbeddingError, EmbeddingSetting, Error, FetchError,
    LibraryError, MailError, ModelError, OutputRefusal, PrecisionRefusal, ProfileError, QueryError, ReadingError,
    ServeError, TopicsError, Unavailable, VectorFileRefusal, ZoteroError,
};
use crate::paper::FollowKind;
use crate::service::{DEFAULT_PROFILE, OtherModel};

/// An error with its causes, and what to do about it.
pub(super) fn with_advice(error: &Error) -> String {
    let text = error.with_causes();
    match advice(error) {
        None => text,
        // What takes several lines is not joined to another line.
        Some(advice) if text.contains('\n') || advice.contains('\n') => format!("{text}\n{advice}"),
        Some(advice) => format!("{text}; {advice}"),
    }
}

/// What to do about an error.
pub(super) fn advice(error: &Error) -> Option<String> {
    match error {
        Error::Reading(error) => reading(error),
        Error::Model(error) => model(error),
        Error::Embedding(error) => embedding(error).map(str::to_owned),
        Error::Library(error) => library(error),
        Error::Bulk(error) => bulk(error),
        Error::Fetch(error) => fetch(error).map(str::to_owned),
        Error::Query(error) => query(error),
        Error::Profile(error) => profile(error),
        Error::Topics(error) => Some(topics(error).to_owned()),
        Error::Zotero(error) => zotero(error),
        Error::Config(error) => config(error).map(str::to_owned),
        Error::Mail(error) => mail(error),
        Error::NotBuiltIn { feature, .. } => {
            Some(format!("build with `--features {feature}`, or take a prebuilt program"))
        }
        Error::Serve(error) => serve(error).map(str::to_owned),
        Error::Io { .. } | Error::Cancelled | Error::Internal(..) => None,
    }
}

fn reading(error: &ReadingError) -> Option<String> {
    match error {
        // An address among others becomes a skipped entry, which is told without advice: its text
        // holds it.
        ReadingError::Address { .. }
        | ReadingError::UnknownFormat { .. }
        | ReadingError::ReferencesUnknown { .. }
        | ReadingError::Stopped => None,
    }
}

fn zotero(error: &ZoteroError) -> Option<String> {
    Some(match error {
        ZoteroError::NoSource { .. } => "name one: relata profile sync zotero:COLLECTION".to_owned(),
        ZoteroError::Missing { key, .. } => {
            format!("to forget it with what came from it: relata profile sync zotero:{key} --stop")
        }
        ZoteroError::Unencrypted { .. } => "give an address that begins with https://".to_owned(),
        ZoteroError::User { .. } => {
            "https://www.zotero.org/settings/keys shows yours; without it, Relata asks whose the key is".to_owned()
        }
        ZoteroError::Key => "https://www.zotero.org/settings/keys makes one; set RELATA_ZOTERO_KEY to it".to_owned(),
        ZoteroError::KeyOpen { path, .. } => format!("chmod 600 {}", path.display()),
        ZoteroError::NotThere { .. } => {
            "start Zotero and have it talk to other applications (Settings, Advanced), or keep a key from \
             https://www.zotero.org/settings/keys in a file that only you may read: relata config set zotero.key_file \
             FILE"
                .to_owned()
        }
        ZoteroError::NoKeyToWrite | ZoteroError::KeyReadOnly { .. } => {
            "make a key with write access at https://www.zotero.org/settings/keys, and keep it in a file that only you \
             may read: relata config set zotero.key_file FILE"
                .to_owned()
        }
        ZoteroError::NoTarget => "name it: --write COLLECTION".to_owned(),
        ZoteroError::Failed { .. } | ZoteroError::Restless => {
            "what was taken over is kept; the same command goes on from there".to_owned()
        }
        ZoteroError::Refused { status: 403, .. } => {
            "the key may not do this, or is of another user: https://www.zotero.org/settings/keys".to_owned()
        }
        ZoteroError::NotASource { .. }
        | ZoteroError::NotFollowed { .. }
        | ZoteroError::Address { .. }
        | ZoteroError::KeyFile { .. }
        | ZoteroError::Refused { .. }
        | ZoteroError::NoSuchCollection { .. } => return None,
    })
}

fn fetch(error: &FetchError) -> Option<&'static str> {
    match error {
        FetchError::Offline => Some("leave out --offline, and unset RELATA_OFFLINE"),
        FetchError::NothingAsked => Some("name some once, and they are remembered: relata fetch cs.LG stat.ML"),
        FetchError::NotACategory { .. } => Some("https://arxiv.org/category_taxonomy lists them"),
        FetchError::PapersAndCategories => Some("make two commands of it"),
        FetchError::TooManyRequests { .. } => Some("what was stored is kept; the same command goes on from there"),
        FetchError::Failed { .. } => Some("what was stored is kept; the same command catches up later"),
        FetchError::Address { .. } | FetchError::Pause { .. } | FetchError::Refused { .. } => None,
    }
}

fn model(error: &ModelError) -> Option<String> {
    match error {
        ModelError::Unknown { .. } => Some("a model folder of your own is given by its path (--model DIR)".to_owned()),
        ModelError::Absent { name, .. } => Some(format!("fetch it with `relata model fetch {name}`")),
        ModelError::Unavailable(unavailable) => Some(ways_out(unavailable)),
        ModelError::Cache { .. } => Some(
            "set RELATA_CACHE to a folder with room that you may write to, or give a model folder with --model DIR"
                .to_owned(),
        ),
        ModelError::NoCacheFolder => Some("set RELATA_CACHE to a folder for models".to_owned()),
        ModelError::Folder { .. }
        | ModelError::Manifest { .. }
        | ModelError::File { .. }
        | ModelError::NotFollowed { .. } => None,
    }
}

fn ways_out(unavailable: &Unavailable) -> String {
    let Unavailable { name, attempts: _, repository, revision, place, offline } = unavailable;
    let how = match offline {
        true => "without --offline and RELATA_OFFLINE",
        false => "with HF_ENDPOINT set to a mirror of the hub, or HTTPS_PROXY to a proxy",
    };
    format!(
        "three ways out:\n  \
         - run `relata model fetch {name}` {how}\n  \
         - download https://huggingface.co/{repository}/tree/{revision} in any other way\n    \
           and give the folder: --model DIR, or RELATA_MODEL=DIR\n  \
         - copy the folder {} from a machine that has it to the same place",
        place.display()
    )
}

fn embedding(error: &EmbeddingError) -> Option<&'static str> {
    match error {
        EmbeddingError::Precision { reason, .. } => match reason {
            PrecisionRefusal::Unknown => None,
            PrecisionRefusal::CpuOnly => Some("choose --device cpu, or --precision f16 or bf16"),
            PrecisionRefusal::CudaOnly => Some("choose --device cuda, or --precision f32 or int8"),
            PrecisionRefusal::OwnEngineOnCpuOnly => Some("choose --device cpu and --engine own, or --precision f32"),
        },
        EmbeddingError::Device { reason, .. } => device(reason),
        EmbeddingError::StockEncoder { .. } => Some("choose --engine own"),
        EmbeddingError::Long { .. }
        | EmbeddingError::Engine { .. }
        | EmbeddingError::Tokens { .. }
        | EmbeddingError::Encoder { .. } => None,
    }
}

fn device(reason: &DeviceRefusal) -> Option<&'static str> {
    match reason {
        DeviceRefusal::NotBuiltIn { feature: "metal" } => {
            Some("build with `--features metal`, or choose --device auto or cpu")
        }
        DeviceRefusal::NotBuiltIn { .. } => Some("build with `--features cuda`, or choose --device auto or cpu"),
        DeviceRefusal::OwnEngineOnly => Some("choose --engine own"),
        DeviceRefusal::HeadTooWide { .. } => Some("choose --device cpu"),
        DeviceRefusal::TooOld { .. } => Some("choose --precision f32"),
        DeviceRefusal::NoDriver => Some("install NVIDIA's, or choose --device auto or cpu"),
        DeviceRefusal::NoLibrary { .. } => Some(
            "install the CUDA toolkit, or its Python packages nvidia-cublas and nvidia-cuda-nvrtc, and name the folder \
             that holds it in LD_LIBRARY_PATH",
        ),
        DeviceRefusal::NoInstructionSet => Some("unset RELATA_CPU to take the best that is"),
        DeviceRefusal::Unknown | DeviceRefusal::UnknownInstructionSet { .. } | DeviceRefusal::Failed(_) => None,
    }
}

fn library(error: &LibraryError) -> Option<String> {
    let fixed = match error {
        LibraryError::OtherModel { differing, remembered, .. } => return Some(other_vectors(differing, *remembered)),
        LibraryError::Missing { .. } => "`relata add PATH...` makes it",
        LibraryError::Foreign { .. } => "name another file with --library",
        LibraryError::Newer { .. } => "update relata, or name another file with --library",
        LibraryError::Older { .. } => "run `relata check` where it can be written",
        LibraryError::Damaged { .. } => {
            "copy it and its -wal file away first, then restore a backup, or let `relata check --repair` write what is readable \
             into a new file"
        }
        LibraryError::Full { .. } => "free some space and run the same command again",
        LibraryError::ReadOnly { .. } => "change its permissions, or name another file with --library",
        LibraryError::Unopened { .. } => "see that it is a file in a folder that you may read and write",
        LibraryError::Unfolded { .. } => {
            "copy both files to a folder that can be written, and name the copy with --library"
        }
        LibraryError::Busy { .. } => "wait for it to end, then run the same command again",
        LibraryError::Empty { .. } => "add some with `relata add PATH...`",
        LibraryError::ShardsDiffer { .. } => {
            "embed the texts as they are in the library now, or take the vectors of the shards over into it"
        }
        LibraryError::NoDataFolder => "name the library with --library FILE",
        LibraryError::Sqlite { .. } | LibraryError::VectorRefused { .. } => return None,
    };
    Some(fixed.to_owned())
}

/// How to use the vectors that a library has, and how to make those that were asked for.
fn other_vectors(differing: &[DifferingSetting], remembered: bool) -> String {
    let option = |differing: &DifferingSetting| match differing.setting {
        EmbeddingSetting::Model => "--model",
        EmbeddingSetting::Precision => "--precision",
        EmbeddingSetting::Long => "--long",
    };
    let names: Vec<&str> = differing.iter().map(option).collect();
    let use_those = if names.is_empty() {
        "the model's files or the way to embed have changed since; go back to those".to_owned()
    } else if remembered {
        let variable = if names.contains(&"--model") { " and RELATA_MODEL" } else { "" };
        format!("leave {}{variable} out to use those that there are", names.join(" and "))
    } else {
        "name what they were made with by --model or RELATA_MODEL, --precision and --long".to_owned()
    };
    let options: String =
        differing.iter().map(|setting| format!(" {} {}", option(setting), quoted(&setting.asked))).collect();
    format!("{use_those}, or embed all papers anew beside them with `relata{options} reembed`")
}

/// A word that a shell takes for one.
fn quoted(word: &str) -> String {
    if word.contains([' ', '\'', '"', '$', '\\']) { format!("'{word}'") } else { word.to_owned() }
}

fn bulk(error: &BulkError) -> Option<String> {
    let fixed = match error {
        BulkError::NotBuiltIn { format } => {
            return Some(format!("build it with `cargo install --path . --features {format}`, or choose another form"));
        }
        BulkError::Unsuitable { reason, .. } => match reason {
            OutputRefusal::Folder => "name a file in it",
            OutputRefusal::NoFileName | OutputRefusal::NotRegular => return None,
            OutputRefusal::InTheWay | OutputRefusal::OtherFiles => "move it, or name another output",
            OutputRefusal::Library | OutputRefusal::Twice => "name another output",
        },
        BulkError::UnknownFormat { .. } => {
            "end it in .npy, .jsonl, .safetensors or .parquet, or name one with --format"
        }
        BulkError::NoFolder { .. } => "make it first",
        BulkError::Exists { .. } => "replace it with --force, or name another output",
        BulkError::Unfinished { .. } => "go on from there with --resume, or start anew with --force",
        BulkError::Busy { .. } => "wait for it to end, or name another output",
        BulkError::Full { .. } => "free some space and run the same command with --resume",
        BulkError::ResumeRefused { .. } => {
            "run with the same model, inputs and options as before, or start anew with --force and without --resume"
        }
        BulkError::OutputIsInput { .. } => "name another output",
        BulkError::InputTwice { .. } => "name it once",
        BulkError::OneStandardOutput => "choose one of --json and `--output -`",
        BulkError::Python { .. } => {
            "name a Python 3.11 or newer by RELATA_PYTHON, and have it install the package: pip install \"relata[ray]\""
        }
        BulkError::PythonPackage { program, .. } => {
            return Some(format!("{} -m pip install \"relata[ray]\"", program.display()));
        }
        BulkError::Cluster { .. } => {
            "start one (`ray start --head`), or work on this machine with --cluster local; what is done is kept, and the \
             same command goes on from there"
        }
        BulkError::ClusterJob { .. } => return None,
        BulkError::VectorFile { reason, .. } => match reason {
            VectorFileRefusal::NoColumn(_) => "`relata embed -o FILE.parquet` writes all columns that are needed",
            VectorFileRefusal::Codec { .. } => "write it with another compression",
            VectorFileRefusal::NoFile
            | VectorFileRefusal::Unreadable(_)
            | VectorFileRefusal::ColumnType { .. }
            | VectorFileRefusal::Null { .. }
            | VectorFileRefusal::VectorLength { .. }
            | VectorFileRefusal::PassageLength { .. }
            | VectorFileRefusal::Fingerprints { .. }
            | VectorFileRefusal::Vector(_) => return None,
        },
        BulkError::NoStream { .. } => "name a file with --output",
    };
    Some(fixed.to_owned())
}

fn query(error: &QueryError) -> Option<String> {
    let fixed = match error {
        QueryError::TextUnread { model, other, sample } => {
            return Some(other_model(&OtherModel { name: other.clone(), instead_of: model.clone(), sample: *sample }));
        }
        QueryError::NotInLibrary { .. }
        | QueryError::NotAnId { .. }
        | QueryError::OutOfRange { .. }
        | QueryError::Malformed { .. } => return None,
        QueryError::NoVector { .. } => "add a source that has one",
        QueryError::NoLastAnswer { .. } => {
            "ask with `relata recommend`, `relata today` or `relata search`, or name the paper by its id"
        }
        QueryError::NotInLastAnswer { .. } => "`relata show 1` shows its first",
        QueryError::EmptyQuery => "say what to look for",
        QueryError::NotATag { .. } => "give several tags with spaces between them, each in quotes where it has some",
        QueryError::NoteTooLong { .. } => "shorten it",
        QueryError::TooMuch { .. } => "ask for less",
        QueryError::EmptyPeriod { .. } => "give the earlier day with --since and the later with --until",
    };
    Some(fixed.to_owned())
}

/// How to have a text read that a model does not read.
pub(super) fn other_model(other: &OtherModel) -> String {
    let Some(name) = &other.name else { return format!("say it in a language that {} reads", other.instead_of) };
    // A library remembers what it was embedded with last, the sample does not.
    if other.sample {
        format!("{name} reads it: ask again with `--model {name}`")
    } else {
        format!("{name} reads it: run `relata --model {name} reembed`, then ask again")
    }
}

fn profile(error: &ProfileError) -> Option<String> {
    match error {
        ProfileError::NoSuchProfile { there, .. } => {
            there.is_empty().then(|| "begin one with `relata like ID... --profile NAME`".to_owned())
        }
        ProfileError::NothingLiked { profile } => {
            let other = if profile == DEFAULT_PROFILE { String::new() } else { format!(" --profile {profile}") };
            Some(format!("begin a profile with `relata like ID...`{other}, or name papers in `relata recommend ID...`"))
        }
        ProfileError::LikedAreGone { .. } => {
            Some("add digests that list them, or like others with `relata like ID...`".to_owned())
        }
        ProfileError::FollowsNothing { kind: FollowKind::Category, .. } => {
            Some("categories look like cs.LG, archives like math".to_owned())
        }
        ProfileError::FollowsNothing { .. } => None,
        ProfileError::FollowsTooMuch { .. } => Some("follow less with `relata unfollow`".to_owned()),
        ProfileError::NoSuchInterest { .. } | ProfileError::NotLiked { .. } => {
            Some("see `relata profile show`".to_owned())
        }
    }
}

fn topics(error: &TopicsError) -> &'static str {
    match error {
        TopicsError::NoSuchTopic { there, .. } if there.is_empty() => "`relata topics` finds some",
        TopicsError::NoSuchTopic { .. } => "`relata topics` lists them",
        TopicsError::OfDays => "leave --since and --until out",
        TopicsError::TooMany { .. } => "ask for fewer with --k",
        TopicsError::NameTaken { .. } => "choose another name",
    }
}

fn config(error: &ConfigError) -> Option<&'static str> {
    match error {
        ConfigError::Faulty { .. } => {
            Some("mend these lines, remove one with `relata config unset KEY`, or name another file in RELATA_CONFIG")
        }
        ConfigError::UnknownKey { .. } => Some("`relata config show --all` lists all"),
        ConfigError::Value { .. } => None,
        ConfigError::NoFolder => Some("name a file in RELATA_CONFIG"),
    }
}

fn mail(error: &MailError) -> Option<String> {
    match error {
        MailError::NotSet { missing } => Some(format!("set it with `relata config set {missing} VALUE`")),
        MailError::Unencrypted { .. } => {
            Some("`relata config set mail.security tls`, or starttls, encrypts it".to_owned())
        }
        MailError::NoPassword { .. } => Some(
            "keep it in a file that only you may read (`relata config set mail.password_file FILE`), or set \
             RELATA_MAIL_PASSWORD"
                .to_owned(),
        ),
        MailError::PasswordOpen { path, .. } => Some(format!("chmod 600 {}", path.display())),
        MailError::Untrusted { .. } => Some(
            "if this is your server, `relata config set mail.certificate FILE` (or RELATA_MAIL_CERTIFICATE) names the \
             certificate to trust"
                .to_owned(),
        ),
        MailError::Certificate { .. } => {
            Some("give mail.certificate (or RELATA_MAIL_CERTIFICATE) a file in PEM".to_owned())
        }
        MailError::Unclear { .. } => Some("look whether it came, and if not, send it with --again".to_owned()),
        MailError::Address { .. }
        | MailError::PasswordFile { .. }
        | MailError::Server { .. }
        | MailError::Composed { .. } => None,
    }
}

#[cfg(test)]
mod tests;

fn serve(error: &ServeError) -> Option<&'static str> {
    match error {
        ServeError::Address { .. } => Some("another port: --port 5056; 0 takes any that is free"),
        ServeError::NeedsToken { .. } => Some("name a file that holds one with --token-file FILE"),
        ServeError::ShortToken { .. } => Some("head -c 24 /dev/urandom | base64 > FILE writes a good one"),
        ServeError::OpenToken { .. } => Some("chmod 600 FILE keeps it to you"),
        ServeError::NoName { .. } | ServeError::System { .. } => None,
    }
}
