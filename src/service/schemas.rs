//! JSON schemas of requests and answers, for doors that describe themselves, and so that no answer
//! changes unnoticed.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{
    Add, Added, Annotated, Checked, ClusterEmbedded, Embed, EmbedOnCluster, Embedded, Evaluate, Evaluated, Export,
    Exported, ExportedProfile, Fetch, Fetched, FindTopics, Follow, Followed, Found, ImportProfile, ImportVectors,
    Imported, ImportedVectors, Interests, LibraryInfo, LikedList, ListLiked, Mailed, MarkRead, Mended, Models,
    NotePaper, Opine, Opined, PaperInfo, ProfileTexts, Profiles, Recommend, Recommendation, Reembed, Reembedded,
    Remove, RemoveTexts, Removed, RemovedTexts, Renamed, Repair, Search, Sources, StopZotero, SyncZotero, TagPapers,
    Tags, Today, TodayList, TopicHistory, TopicPapers, TopicsAnswer, VerifiedModel, WeighInterest, ZoteroStopped,
    ZoteroSynced,
};

/// The schemas (JSON Schema 2020-12) of all requests and answers, by the task and which of the two
/// it is.
pub fn schemas() -> BTreeMap<&'static str, Schema> {
    BTreeMap::from([
        ("add.request", request::<Add>()),
        ("add.answer", answer::<Added>()),
        ("annotate.answer", answer::<Annotated>()),
        ("check.answer", answer::<Checked>()),
        ("embed.request", request::<Embed>()),
        ("embed.answer", answer::<Embedded>()),
        ("embed-on-cluster.request", request::<EmbedOnCluster>()),
        ("embed-on-cluster.answer", answer::<ClusterEmbedded>()),
        ("evaluate.request", request::<Evaluate>()),
        ("evaluate.answer", answer::<Evaluated>()),
        ("export.request", request::<Export>()),
        ("export.answer", answer::<Exported>()),
        ("fetch.request", request::<Fetch>()),
        ("fetch.answer", answer::<Fetched>()),
        ("follow.request", request::<Follow>()),
        ("follow.answer", answer::<Followed>()),
        ("import-vectors.request", request::<ImportVectors>()),
        ("import-vectors.answer", answer::<ImportedVectors>()),
        ("info.answer", answer::<LibraryInfo>()),
        ("interests.answer", answer::<Interests>()),
        ("interest-weight.request", request::<WeighInterest>()),
        ("liked.request", request::<ListLiked>()),
        ("liked.answer", answer::<LikedList>()),
        ("mail.answer", answer::<Mailed>()),
        ("models.answer", answer::<Models>()),
        ("model-verify.answer", answer::<VerifiedModel>()),
        ("note.request", request::<NotePaper>()),
        ("opine.request", request::<Opine>()),
        ("opine.answer", answer::<Opined>()),
        ("paper.answer", answer::<PaperInfo>()),
        ("profile.answer", answer::<ExportedProfile>()),
        ("profile-import.request", request::<ImportProfile>()),
        ("profile-import.answer", answer::<Imported>()),
        ("profile-texts.answer", answer::<ProfileTexts>()),
        ("profile-texts-remove.request", request::<RemoveTexts>()),
        ("profile-texts-remove.answer", answer::<RemovedTexts>()),
        ("profile-sync-stop.request", request::<StopZotero>()),
        ("profile-sync-stop.answer", answer::<ZoteroStopped>()),
        ("profile-sync.request", request::<SyncZotero>()),
        ("profile-sync.answer", answer::<ZoteroSynced>()),
        ("profiles.answer", answer::<Profiles>()),
        ("read.request", request::<MarkRead>()),
        ("recommend.request", request::<Recommend>()),
        ("recommend.answer", answer::<Recommendation>()),
        ("reembed.request", request::<Reembed>()),
        ("reembed.answer", answer::<Reembedded>()),
        ("remove.request", request::<Remove>()),
        ("remove.answer", answer::<Removed>()),
        ("repair.request", request::<Repair>()),
        ("repair.answer", answer::<Mended>()),
        ("search.request", request::<Search>()),
        ("search.answer", answer::<Found>()),
        ("sources.answer", answer::<Sources>()),
        ("tag.request", request::<TagPapers>()),
        ("tags.answer", answer::<Tags>()),
        ("today.request", request::<Today>()),
        ("today.answer", answer::<TodayList>()),
        ("topic.answer", answer::<TopicPapers>()),
        ("topic-history.answer", answer::<TopicHistory>()),
        ("topic-rename.answer", answer::<Renamed>()),
        ("topics.request", request::<FindTopics>()),
        ("topics.answer", answer::<TopicsAnswer>()),
    ])
}

/// What is read.
fn request<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// What is written.
fn answer<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
