"""Requests and answers of a library.

Made by python/generate.py from the schemas of the service; not to be changed by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from relata._answer import Answer, MappedAnswer, Request


@dataclass(frozen=True, kw_only=True, repr=False)
class Added(Answer):
    """What became of the entries."""

    added: int
    """Papers that are new."""
    updated: int
    """Papers of which something is new."""
    unchanged: int
    """Papers of which nothing is new."""
    skipped: tuple[Skipped, ...]
    """The first of them, each with file, line and reason."""
    skipped_unlisted: int
    """Those beyond."""
    notes: tuple[str, ...]
    """What is remarkable about files."""
    embedded: int
    """Papers that were embedded."""


@dataclass(frozen=True, kw_only=True)
class Among(Request):
    """Among which papers topics are found. Each selection has topics of its own."""

    filter: Filter | None = None
    """Papers that pass."""
    search: str | None = None
    """Papers that hold all these words."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Annotated(Answer):
    """What came of a note, of tags or of papers that were read."""

    changed: int
    """How much is other than before."""
    unknown: tuple[str, ...]
    """Papers that are not in the library, of which nothing was kept."""
    papers: tuple[AnnotatedPaper, ...]
    """What is said of the others now, in the order in which they were named."""


@dataclass(frozen=True, kw_only=True, repr=False)
class AnnotatedPaper(Answer):
    """A paper with what the user says of it."""

    id: str
    """The paper."""
    note: str | None
    """The note."""
    tags: tuple[str, ...]
    """Tags, in their order."""
    read: bool
    """Whether it is read."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ByText(Answer):
    """What a paper and a text have in common."""

    cosine: float | None
    """Cosine of their vectors, where the paper is among the nearest."""
    keyword_rank: int | None
    """Place among the papers that hold the words, from 1."""
    author: str | None
    """The author who is called by the text."""
    terms: tuple[str, ...]
    """Terms that both hold, the rarest first."""
    sentence: str | None
    """The sentence of the abstract that has most in common with the text."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CategoryCount(Answer):
    """A category and how many papers are in it."""

    name: str
    """The category."""
    papers: int
    """How many papers."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ChangeRow(Answer):
    """Something that happened to a topic."""

    kind: ChangeKind
    """What."""
    level: int
    """The level, from 0, the coarsest."""
    topic: str
    """The number of the topic."""
    name: str
    """Its name."""
    before: int
    """How many papers it had, when that was last told."""
    after: int
    """How many it has."""
    papers: tuple[str, ...]
    """Some of the papers that did it: those that fit best."""
    text: str
    """All of it in words."""
    from_: tuple[OtherTopic, ...] | None = None
    """The topics that papers came from, the most first, likewise."""
    new: int | None = None
    """How many of its papers are new, where it is there and not smaller."""
    removed: int | None = None
    """How many of its papers were removed, where it is gone or smaller."""
    to: tuple[OtherTopic, ...] | None = None
    """The topics that papers went to, the most first, likewise."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Answer):
    """What a check found."""

    papers: int
    """Papers of the library."""
    problems: tuple[str, ...]
    """What is not as it should be, in words."""
    damaged: tuple[str, ...]
    """Papers whose text or vector is damaged."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ComparedFacet(Answer):
    """A facet that papers were compared by."""

    name: str
    """Which."""
    liked: tuple[LikedFacet, ...]
    """What the liked papers tell of it."""
    silent: tuple[str, ...]
    """Liked and disliked papers that tell nothing of it, and were compared as a whole."""
    unread: int
    """Papers whose digest tells it only in a language that the model does not read."""


@dataclass(frozen=True, kw_only=True, repr=False)
class DayNumbers(Answer):
    """A day in numbers."""

    date: str | None
    """The day of the list, the latest of the digests: a month where no day is known, unknown where there is no paper."""
    papers: int
    """Papers of the day that the filter leaves."""
    new: int
    """How many of them are new to the profile."""
    followed: int
    """How many of these the profile follows."""
    matter: int
    """How many of the others match well enough. Followed papers that are not listed as such are among them."""
    floor: float
    """The least match of a paper that matters."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Embedded(Answer):
    """What came of it."""

    output: str
    """The file, as it was named."""
    format: str
    """Its form."""
    rows: int
    """Rows of the output."""
    dimension: int
    """Length of a vector."""
    tokens: int
    """Tokens embedded."""
    truncated: int
    """Texts that were cut because the model takes no more."""
    tokens_cut: int
    """Tokens that were cut."""
    resumed: int
    """Rows that were there when this run began."""
    seconds: float
    """How long this run embedded."""
    texts_per_second: float
    """Texts of this run by its time."""
    tokens_per_second: float
    """Tokens of this run by its time."""
    model: str
    """What decides the vectors, in words."""
    fingerprint: str
    """What decides the vectors, as a digest."""
    skipped: tuple[Skipped, ...]
    """The first of them, each with file, line and reason."""
    skipped_unlisted: int
    """Those beyond."""
    notes: tuple[str, ...]
    """What is remarkable about files."""


@dataclass(frozen=True, kw_only=True, repr=False)
class EmbeddedBy(Answer):
    """A model that embedded a paper."""

    model: str
    """The model."""
    tokens: int
    """Tokens that it read."""
    tokens_cut: int
    """Tokens that were cut, as it reads no more."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Encoding(Answer):
    """How the bytes of a file were read that is not UTF-8."""

    name: str
    """Its name, such as `windows-1252` or `UTF-16LE`."""
    guessed: bool
    """Whether neither a mark nor the file itself says so."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Evaluated(Answer):
    """What each method reaches."""

    queries: int
    """Judgements that could be used."""
    methods: tuple[MethodRow, ...]
    """The methods."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Exported(Answer):
    """What was written."""

    papers: int
    """Rows of each file; without papers no file was written."""
    files: tuple[str, ...]
    """The files."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ExportedProfile(Answer):
    """A profile with all that makes it anew where it is imported."""

    profile: str
    """Its name."""
    like: tuple[str, ...]
    """Liked papers."""
    unlike: tuple[str, ...]
    """Disliked papers."""
    follow: Follows | None = None
    """What it follows; the key is left out where that is nothing."""
    texts: tuple[TextRow, ...] | None = None
    """Liked texts that are no papers of the library, by key; the key is left out where none is."""
    weights: dict[str, LikeWeight] | None = None
    """How much liked papers count, from 0 to 10, where somebody has said so; the key is left out where nobody has."""


@dataclass(frozen=True, kw_only=True)
class Factors(Request):
    """Factors of the parts of a score; 1 leaves a part as it is, 0 leaves it out."""

    associations: float = 1.0
    """Of what words go with."""
    authors: float = 1.0
    """Of shared authors."""
    meaning: float = 1.0
    """Of the whitened cosine of the vectors."""
    words: float = 1.0
    """Of shared words."""


@dataclass(frozen=True, kw_only=True, repr=False)
class FailedPaper(Answer):
    """A paper that could not be asked for."""

    id: str
    """The paper."""
    reason: str
    """Why, in words."""


@dataclass(frozen=True, kw_only=True, repr=False)
class FeedRow(Answer):
    """The daily feed when it was read last."""

    fetched: str
    """When that was."""
    day: str
    """The announcement that it was taken for."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Fetched(Answer):
    """What came of it."""

    outcome: FetchOutcome
    """How it ended."""
    day: str | None
    """The announcement that should be out; none where days do not matter."""
    announced: str | None
    """The latest announcement that brought papers which were not in the library; none where days do not matter."""
    categories: tuple[FetchedCategory, ...]
    """Per category what became of it."""
    absent: tuple[str, ...]
    """Papers that arXiv does not have."""
    failed: tuple[FailedPaper, ...]
    """Papers that could not be asked for."""
    requests: int
    """Requests that were made."""
    added: int
    """Papers that are new."""
    updated: int
    """Papers of which something is new."""
    unchanged: int
    """Papers of which nothing is new."""
    skipped: tuple[Skipped, ...]
    """The first of them, each with file, line and reason."""
    skipped_unlisted: int
    """Those beyond."""
    notes: tuple[str, ...]
    """What is remarkable about files."""
    embedded: int
    """Papers that were embedded."""


@dataclass(frozen=True, kw_only=True, repr=False)
class FetchedCategory(Answer):
    """What became of a category."""

    category: str
    """The category."""
    state: CategoryState
    """What is known of it."""
    announced: int
    """Papers that the feed announces in it, as far as they were asked for."""
    new: int
    """How many of all that came were not in the library."""
    missed: tuple[str, ...]
    """Papers that the feed had missed and OAI-PMH lists."""
    complete: str | None
    """The last announcement of which everything is here, and of all before it."""
    reason: str | None
    """Why the state is what it is, where that is not plain."""


@dataclass(frozen=True, kw_only=True)
class Filter(Request):
    """What papers must fulfil. Empty lists and `None` ask for nothing."""

    author: tuple[str, ...] = ()
    """By at least one of these authors. All words of a name must occur in one author's name, whatever the accents, case and order; a single
    Latin letter also stands for a word that begins with it.
    """
    category: tuple[str, ...] = ()
    """In at least one of these categories, primary or not, whatever the case. `cs` and `cs.*` stand for the archive. One text may hold
    several, with spaces between them.
    """
    exclude: tuple[str, ...] = ()
    """None of these in title or abstract; several words mean that phrase. Word by word: `graph` leaves `graphs` in."""
    since: str | None = None
    """On this day or later: that of publication, or the best that is known."""
    tag: tuple[str, ...] = ()
    """With at least one of these tags of the user's, whatever the case of Latin letters."""
    unread: bool = False
    """Only papers that the user has not noted as read."""
    until: str | None = None
    """On this day or earlier."""
    withdrawn: bool = False
    """Also papers that were withdrawn, by their authors or by arXiv. They are left out otherwise."""


@dataclass(frozen=True, kw_only=True)
class FindTopics(Request):
    """What is asked."""

    among: Among | None = None
    """Among which papers."""
    fresh: bool = False
    """Find topics from scratch and keep nothing: the same papers then have the same topics in every library."""
    into: tuple[str, ...] = ()
    """Sort the papers under names instead: `NAME`, `NAME: what it means` or `NAME = ID,ID` with example papers."""
    method: Method = 'leiden'
    """How topics are found."""
    threshold: float | None = None
    """With names: papers whose cosine with every name is below this are under none of them."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Finished(Answer):
    """That something was done."""

    changed: bool
    """Whether anything is other than before."""


@dataclass(frozen=True, kw_only=True, repr=False)
class FollowReason(Answer):
    """Why a paper is listed whatever its score."""

    follows: tuple[FollowedFor, ...]
    """What it fulfils of what is followed: authors, then words, then categories."""
    related: Related | None
    """What it has in common with liked papers, where it was compared with any."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Followed(Answer):
    """What came of it."""

    changed: int
    """How many authors, words and categories are followed that were not, or no longer."""
    profile: str
    """The profile."""
    follow: Follows
    """All that it follows now."""


@dataclass(frozen=True, kw_only=True, repr=False)
class FollowedFor(Answer):
    """Something followed that a paper fulfils."""

    kind: FollowKind
    """What of the paper."""
    follow: str
    """The text that is followed."""
    author: str | None = None
    """The author as the paper names them, where an author is followed."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Follows(Answer):
    """What a profile follows, each list in the order of its texts."""

    author: tuple[str, ...]
    """Authors. Names match whatever the accents, case and order, and a single letter also stands for a word that begins with it."""
    words: tuple[str, ...]
    """Words, all of which a title or abstract must have."""
    category: tuple[str, ...]
    """Categories, or archives for all of their categories."""


@dataclass(frozen=True, kw_only=True)
class FollowsRequest(Request):
    """What a profile follows, each list in the order of its texts."""

    author: tuple[str, ...] = ()
    """Authors. Names match whatever the accents, case and order, and a single letter also stands for a word that begins with it."""
    category: tuple[str, ...] = ()
    """Categories, or archives for all of their categories."""
    words: tuple[str, ...] = ()
    """Words, all of which a title or abstract must have."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Found(Answer):
    """What was found."""

    query: SearchQuery
    """What was asked."""
    results: tuple[FoundRow, ...]
    """Papers, the best first."""


@dataclass(frozen=True, kw_only=True, repr=False)
class FoundRow(Answer):
    """One paper of an answer."""

    rank: int
    """Place, from 1."""
    id: str
    """Its identifier."""
    score: float | None
    """What it is ranked by, to six decimals; unknown where nothing was compared."""
    match: float | None
    """How well it answers, from 0 to 100, to one decimal; unknown where nothing was compared."""
    title: str | None
    """Its title on one line."""
    authors: tuple[str, ...]
    """Its authors in order."""
    year: int
    """Year of submission."""
    date: str
    """Date of the paper: that of publication, or the best that is known."""
    primary_category: str | None
    """The first of its categories."""
    categories: tuple[str, ...]
    """Its categories, the primary first."""
    url: str
    """Its page on arxiv.org."""
    tldr: str | None
    """What a digest says of it in one or two sentences, in the reader's language or in English."""
    reason: FoundBy
    """What made it an answer."""
    withdrawn: bool | None = None
    """`true` for a paper that was withdrawn; the key is left out of all others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Imported(Answer):
    """What came of it."""

    profile: str
    """The profile."""
    matched: int
    """References that mean one paper of the library, or name one in an exported profile."""
    added: int
    """How many of these are news to the profile."""
    unmatched: tuple[Unmatched, ...]
    """References that mean no paper of the library, or several."""
    texts: ImportedTexts
    """Those of them that are liked by their titles and abstracts."""
    skipped: int
    """Entries that could not be read."""
    encoding: Encoding | None = None
    """How the bytes of the file were read, where they are not UTF-8."""
    followed: int | None = None
    """What an exported profile follows that the profile did not follow yet; the key is left out where that is nothing."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ImportedTexts(Answer):
    """References that are liked although the library has no paper of them."""

    liked: int
    """How many."""
    added: int
    """How many of these are news to the profile."""
    by_title: int
    """How many of these have a title and no abstract."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ImportedVectors(Answer):
    """What became of vectors that were made elsewhere."""

    files: int
    """Files that were looked into."""
    taken: int
    """Papers that have their vector now, by this call."""
    there: int
    """Vectors of papers that had theirs before."""
    unknown: int
    """Vectors of papers that are not in the library."""
    other_text: int
    """Vectors of papers that have another text than the one that was embedded, or none."""
    other_fingerprint: int
    """Vectors that were made by another model, or in another way, than the library's."""
    skipped: tuple[Skipped, ...]
    """The first of them, each with file, line and reason."""
    skipped_unlisted: int
    """Those beyond."""
    notes: tuple[str, ...]
    """What is remarkable about files."""


@dataclass(frozen=True, kw_only=True, repr=False)
class InterestHead(Answer):
    """An interest without its papers."""

    interest: int
    """Its number, from 1."""
    share: float
    """What it is due of the answers, to four decimals."""
    weight: float
    """How much it counts by what somebody has said, to two decimals."""
    terms: tuple[str, ...]
    """Terms that name it, the most telling first: what its papers have in common, or else the title of its most central one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class InterestPaper(Answer):
    """A paper of an interest."""

    id: str
    """Its identifier."""
    title: str
    """Its title; empty where it has none."""


@dataclass(frozen=True, kw_only=True, repr=False)
class InterestRow(Answer):
    """Liked papers that are one interest."""

    interest: int
    """Its number, from 1."""
    share: float
    """What it is due of the answers, to four decimals; all together are due 1, unless all are muted."""
    weight: float
    """How much it counts beside the others by what somebody has said, from 0 (muted) to 10, to two decimals; 1 where nobody has said
    anything. The mean of its papers and texts.
    """
    terms: tuple[str, ...]
    """Terms that name it, the most telling first: what its papers have in common, or else the title of its most central one."""
    papers: tuple[InterestPaper, ...]
    """Its papers."""
    texts: tuple[InterestText, ...] | None = None
    """Its texts that are no papers of the library; the key is left out where it has none."""


@dataclass(frozen=True, kw_only=True, repr=False)
class InterestText(Answer):
    """A text of an interest."""

    key: str
    """What identifies it in the profile."""
    title: str
    """Its title."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Interests(Answer):
    """The interests of a profile."""

    profile: str
    """The profile."""
    interests: tuple[InterestRow, ...]
    """Its interests, in the order of their first papers."""
    unlike: tuple[str, ...]
    """Papers that it dislikes."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Interval(Answer):
    """A mean over judgements with its 95 % interval, to six decimals."""

    mean: float
    """Mean."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LevelRow(Answer):
    """Topics that are equally fine."""

    name: str
    """`field`, `topic` or `subtopic`."""
    topics: tuple[TopicRow, ...]
    """Those of one parent together, the largest first."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LibraryInfo(Answer):
    """A library in numbers."""

    library: str
    """The file."""
    papers: int
    """Papers."""
    embedded: int
    """Papers with a vector, of the model with the most."""
    model: str | None
    """The model that the library was embedded with, where it remembers."""
    precision: str | None
    """In what numbers it was embedded."""
    long: str | None
    """What became of long texts."""
    vectors: tuple[VectorSet, ...]
    """The sets of vectors."""
    first_date: str | None
    """The first day of a paper."""
    last_date: str | None
    """The last day of a paper."""
    categories: tuple[CategoryCount, ...]
    """Papers by category, most first, then by name."""
    bytes: int
    """Bytes on disk."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LikedByOwnText(Answer):
    """A text of the profile that is no paper of the library."""

    own_text: str
    """What identifies it in the profile."""
    title: str
    """Its title."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LikedByText(Answer):
    """A text."""

    text: int
    """Its place among the liked texts, from 0."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LikedFacet(Answer):
    """What a liked paper tells of a facet."""

    id: str
    """The paper."""
    text: str
    """What it tells."""
    from_: FacetOrigin
    """Where that is from."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LikedList(Answer):
    """Papers of a profile."""

    profile: str
    """The profile."""
    total: int
    """How many papers pass, listed or not."""
    papers: tuple[LikedPaper, ...]
    """The papers."""
    interest: InterestHead | None = None
    """The interest, where one was asked for; the key is left out where none was."""
    texts: tuple[InterestText, ...] | None = None
    """All texts of the interest, or of the profile, that are no papers of the library; the key is left out where it has none, or where
    papers are disliked.
    """


@dataclass(frozen=True, kw_only=True, repr=False)
class LikedPaper(Answer):
    """A paper that a profile likes or dislikes."""

    id: str
    """Its identifier."""
    title: str
    """Its title; empty where the library has none."""
    noted: str | None
    """The day of the opinion, where it is known."""
    weight: LikeWeight | None = None
    """How much it counts, where somebody has said so; the key is left out where nobody has."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Listing(Answer):
    """A digest that listed a paper."""

    file: str
    """Name of the digest's file, without its folder."""
    date: str | None
    """Day of the digest, where its name or content tells."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Mended(Answer):
    """What came of it."""

    papers: int
    """Papers of the library."""
    problems: tuple[str, ...]
    """What is not as it should be, in words."""
    damaged: tuple[str, ...]
    """Papers whose text or vector is damaged."""
    mended: tuple[str, ...]
    """What was mended, in words."""
    dropped: int
    """Vectors that were deleted, since they could not be mended."""
    embedded: int
    """Papers that were embedded: those whose vectors were deleted, and those that had none."""
    recovered: Recovered | None = None
    """What was read of a file that could not be opened any more."""


@dataclass(frozen=True, kw_only=True)
class MethodDbscan(Request):
    """Topics where papers lie close together; the others are in none."""

    dbscan: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MethodKMeans(Request):
    """So many topics, each around a centre."""

    k_means: dict[str, Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class MethodRow(Answer):
    """A method and what it reaches."""

    name: str
    """The method."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ModelRow(Answer):
    """A known model."""

    name: str
    """Its name."""
    repository: str
    """Its repository on the hub."""
    dimension: int
    """Length of its vectors."""
    token_limit: int
    """Tokens of a text that it reads."""
    licence: str
    """SPDX identifier of the weights' licence."""
    path: str | None
    """Its folder, where it is in Relata's cache and intact."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Models(Answer):
    """The known models."""

    models: tuple[ModelRow, ...]
    """By name."""


@dataclass(frozen=True, kw_only=True, repr=False)
class NewPaper(Answer):
    """A paper of a list."""

    rank: int
    """Place, from 1."""
    id: str
    """Its identifier."""
    score: float | None
    """What it is ranked by, to six decimals; unknown where nothing was compared."""
    match: float | None
    """How well it answers, from 0 to 100, to one decimal; unknown where nothing was compared."""
    title: str | None
    """Its title on one line."""
    authors: tuple[str, ...]
    """Its authors in order."""
    year: int
    """Year of submission."""
    date: str
    """Date of the paper: that of publication, or the best that is known."""
    primary_category: str | None
    """The first of its categories."""
    categories: tuple[str, ...]
    """Its categories, the primary first."""
    url: str
    """Its page on arxiv.org."""
    tldr: str | None
    """What a digest says of it in one or two sentences, in the reader's language or in English."""
    reason: Related
    """What made it an answer."""
    also: tuple[str, ...]
    """Papers of nearly the same text, which are not listed."""
    withdrawn: bool | None = None
    """`true` for a paper that was withdrawn; the key is left out of all others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class NewestOfTopic(Answer):
    """A topic and papers of it."""

    topic: TreeTopic
    """The topic."""
    papers: tuple[str, ...]
    """The newest of its papers."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Opined(Answer):
    """What came of it."""

    changed: int
    """How many opinions are others than before."""
    unknown: tuple[str, ...]
    """Papers that are not in the library, of which nothing was noted."""
    profile: ProfileRow
    """The profile as it is now."""


@dataclass(frozen=True, kw_only=True, repr=False)
class OtherTopic(Answer):
    """Another topic that papers came from or went to."""

    topic: str
    """Its number."""
    name: str
    """Its name."""
    papers: int
    """How many papers."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PaperInfo(Answer):
    """All that a library holds of one paper."""

    id: str
    """Its identifier."""
    version: int | None
    """The highest version seen, where a source told one."""
    title: str | None
    """Title on one line, never empty where present."""
    abstract: str | None
    """Abstract on one line."""
    authors: tuple[str, ...]
    """Authors in order."""
    published: str | None
    """Day of the first version."""
    updated: str | None
    """Day of the described version."""
    comment: str | None
    """The authors' comment, e.g. `12 pages, ICML 2026`."""
    doi: str | None
    """DOI of the published article."""
    journal: str | None
    """Journal reference."""
    license: str | None
    """Licence, as an address or a name."""
    withdrawal: str | None
    """What a source marks a withdrawn paper with, beside what comment and abstract say of it."""
    categories: tuple[str, ...]
    """Categories, the primary first."""
    primary_category: str | None
    """The first of its categories."""
    date: str
    """The day that filters ask for."""
    url: str
    """Its page on arxiv.org."""
    links: dict[str, str]
    """Links by kind, such as `code`."""
    summaries: dict[str, dict[str, str]]
    """Texts of digests, by language and facet."""
    listings: tuple[Listing, ...]
    """The digests that listed it."""
    vectors: tuple[EmbeddedBy, ...]
    """The models that embedded it."""
    note: str | None = None
    """What the user notes of it; the key is left out where that is nothing, and so are the next two."""
    read: bool | None = None
    """Whether the user has read it."""
    tags: tuple[str, ...] | None = None
    """The user's tags."""
    withdrawn: bool | None = None
    """`true` for a paper that was withdrawn; the key is left out of all others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PaperTopics(Answer):
    """A paper among topics."""

    id: str
    """The paper."""
    topics: tuple[str, ...]
    """Its topic of each level."""
    strength: float
    """Share of its neighbourhood that is in its own topic of the finest level, from 0 to 1."""
    second: str | None
    """The topic of the finest level with the next largest share."""
    weak: bool
    """Whether it fits its topic badly."""
    x: float
    """Where it lies on the map, from left to right."""
    y: float
    """Where it lies on the map, from top to bottom."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ProfileRow(Answer):
    """A profile."""

    profile: str
    """Its name."""
    like: tuple[str, ...]
    """Liked papers."""
    unlike: tuple[str, ...]
    """Disliked papers."""
    follow: Follows | None = None
    """What it follows; the key is left out where that is nothing."""
    texts: int | None = None
    """How many liked texts are no papers of the library; the key is left out where none is."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ProfileTexts(Answer):
    """The texts of a profile."""

    profile: str
    """The profile."""
    texts: tuple[TextRow, ...]
    """Its texts, by key."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Profiles(Answer):
    """All profiles."""

    profiles: tuple[ProfileRow, ...]
    """By name."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RecommendQuery(Answer):
    """A question as its answer repeats it."""

    like: tuple[str, ...]
    """Liked papers: those of the request, then those of the profile."""
    unlike: tuple[str, ...]
    """Disliked papers, likewise."""
    like_text: tuple[str, ...]
    """Liked texts."""
    profile: str | None
    """The profile that was asked with."""
    filter: Selection
    """Which papers could be answers."""
    facet: ComparedFacet | None = None
    """What was compared of papers, where a facet was asked for."""
    own_texts: int | None = None
    """How many texts of the profile were asked with that are no papers of the library; the key is left out where there are none."""
    unread_text: tuple[str, ...] | None = None
    """Liked texts that were left out, since the model does not read their language."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Recommendation(Answer):
    """What comes of it."""

    query: RecommendQuery
    """What was asked, with the papers of the profile."""
    results: tuple[RecommendationRow, ...]
    """The answers, the best first."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RecommendationRow(Answer):
    """One paper of an answer."""

    rank: int
    """Place, from 1."""
    id: str
    """Its identifier."""
    score: float | None
    """What it is ranked by, to six decimals; unknown where nothing was compared."""
    match: float | None
    """How well it answers, from 0 to 100, to one decimal; unknown where nothing was compared."""
    title: str | None
    """Its title on one line."""
    authors: tuple[str, ...]
    """Its authors in order."""
    year: int
    """Year of submission."""
    date: str
    """Date of the paper: that of publication, or the best that is known."""
    primary_category: str | None
    """The first of its categories."""
    categories: tuple[str, ...]
    """Its categories, the primary first."""
    url: str
    """Its page on arxiv.org."""
    tldr: str | None
    """What a digest says of it in one or two sentences, in the reader's language or in English."""
    reason: Related
    """What made it an answer."""
    withdrawn: bool | None = None
    """`true` for a paper that was withdrawn; the key is left out of all others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Recovered(Answer):
    """A new library of what could be read of a damaged one."""

    library: str
    """The new file, beside the damaged one, which stays as it is."""
    papers: int
    """Papers that came back."""
    incomplete: int
    """Of these, those of which something is missing."""
    vectors: int
    """Vectors that came back."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Reembedded(Answer):
    """What came of it."""

    model: str
    """The model."""
    embedded: int
    """Papers that were embedded."""
    forgotten: int
    """Vectors of other models that were deleted."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Related(Answer):
    """Why a paper is an answer."""

    liked: LikedBy
    """What of the liked it is nearest to."""
    terms: tuple[str, ...]
    """Terms it shares with that, the rarest first."""
    sentence: str | None
    """The sentence of its abstract that is nearest to that."""
    cosine: float
    """Cosine of the vectors."""
    parts: ScoreParts
    """What the score is the sum of."""
    facet: ToldFacet | None = None
    """What was compared of the paper, where a facet was asked for and the paper tells it."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Removed(Answer):
    """What came of it."""

    removed: tuple[str, ...]
    """Papers that are gone."""
    unknown: tuple[str, ...]
    """Papers that were not there."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RemovedSources(Answer):
    """Which categories were not remembered."""

    unknown: tuple[str, ...]
    """Those."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RemovedTexts(Answer):
    """What came of it."""

    removed: int
    """How many texts went."""
    unknown: tuple[str, ...]
    """Keys of no text."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Renamed(Answer):
    """What a topic was called before."""

    before: str | None
    """The name before, where it had one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Repeated(Answer):
    """A paper that nearly repeats an older one."""

    id: str
    """The paper."""
    older: str
    """The older one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RunRow(Answer):
    """A time that papers had come or gone."""

    date: str
    """Its day, UTC."""
    papers: int
    """How many papers there were."""
    added: int
    """Of these, how many were new."""
    removed: int
    """How many had gone."""
    sought: bool
    """Whether topics were sought; else new papers were placed among those that were there."""
    changes: tuple[ChangeRow, ...]
    """What happened."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ScoreParts(Answer):
    """The parts of a score, to six decimals."""

    meaning: float
    """What the whitened cosine of the vectors gives."""
    associations: float
    """What words that go together give."""
    words: float
    """What shared words give."""
    authors: float
    """What shared authors give."""
    unlike: float
    """What disliked papers take away, 0 or less."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SearchQuery(Answer):
    """A question as its answer repeats it."""

    text: str
    """The text; empty where none was given."""
    ids: tuple[str, ...]
    """The ids in it."""
    filter: Selection
    """Which papers could be answers."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Selection(Answer):
    """Which papers may be answers, and how many are given, as an answer repeats it."""

    category: tuple[str, ...]
    """In at least one of these categories, primary or not, whatever the case. `cs` and `cs.*` stand for the archive. One text may hold
    several, with spaces between them.
    """
    since: str | None
    """On this day or later: that of publication, or the best that is known."""
    until: str | None
    """On this day or earlier."""
    author: tuple[str, ...]
    """By at least one of these authors. All words of a name must occur in one author's name, whatever the accents, case and order; a single
    Latin letter also stands for a word that begins with it.
    """
    exclude: tuple[str, ...]
    """None of these in title or abstract; several words mean that phrase. Word by word: `graph` leaves `graphs` in."""
    withdrawn: bool
    """Also papers that were withdrawn, by their authors or by arXiv. They are left out otherwise."""
    tag: tuple[str, ...]
    """With at least one of these tags of the user's, whatever the case of Latin letters."""
    unread: bool
    """Only papers that the user has not noted as read."""
    k: int
    """Number of answers."""
    at_least: float | None
    """The least match of an answer, where one was asked for."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Skipped(Answer):
    """An entry that a reader could not use."""

    file: str
    """The file as the user named it, `-` for stdin."""
    line: int
    """Line from 1; 0 where the whole file is meant."""
    reason: str
    """Why, in words."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SourceRow(Answer):
    """A category that is remembered."""

    category: str
    """The category."""
    cross_lists: bool
    """Whether papers count that are cross-listed there."""
    replacements: bool
    """Whether new versions count of papers that the library does not hold."""
    complete: str | None
    """The last announcement of which everything is here, and of all before it."""
    news: str | None
    """The last announcement with a paper that was new here."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Sources(Answer):
    """The categories that are remembered."""

    categories: tuple[SourceRow, ...]
    """By name."""
    feed: FeedRow | None
    """The daily feed, where it was ever read."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TagCount(Answer):
    """A tag."""

    tag: str
    """The tag."""
    papers: int
    """Papers that have it, those that are not in the library included."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Tags(Answer):
    """All tags."""

    tags: tuple[TagCount, ...]
    """In their order."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TextRow(Answer):
    """A text of a profile."""

    key: str
    """What identifies it in the profile: an arXiv id, `doi:...` or `title:...`."""
    title: str
    """Its title."""
    authors: tuple[str, ...]
    """Its authors in order."""
    ids: tuple[str, ...]
    """The arXiv ids that it names as its own."""
    doi: str | None
    """Its DOI."""
    source: str
    """Where it was read."""
    collection: str | None
    """The collection in which it stood there."""
    added: str
    """The day on which somebody collected it."""
    interest: int | None
    """The interest to which somebody counts it; else likeness decides."""
    abstract: str | None = None
    """Its abstract; the key is left out where it is not known."""
    weight: LikeWeight | None = None
    """How much it counts, where somebody has said so; the key is left out where nobody has."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TodayList(Answer):
    """The list of a day."""

    query: TodayQuery
    """What was asked."""
    day: DayNumbers
    """The day in numbers."""
    followed: tuple[TodayListRow, ...]
    """New papers that the profile follows, whatever their match: at most 50, those of authors first, then those with words, then those of
    categories. `DayNumbers::followed` counts all.
    """
    results: tuple[NewPaper, ...]
    """New papers that match well enough, the best first, without those above."""
    known: int
    """Papers left out since earlier digests had them, or as late versions of old ones."""
    listed_before: int
    """Papers left out since lists of the profile have shown them."""
    withdrawn: int
    """New papers left out since they are withdrawn."""
    repeated: tuple[Repeated, ...]
    """Papers left out since they nearly repeat an older one."""
    skipped: tuple[Skipped, ...]
    """The first of them, each with file, line and reason."""
    skipped_unlisted: int
    """Those beyond."""
    fetched: Fetched | None = None
    """What was fetched before, where something was due."""
    nearest: tuple[NewPaper, ...] | None = None
    """The nearest of the others, where they were asked for and no paper matches well enough."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TodayListRow(Answer):
    """One paper of an answer."""

    rank: int
    """Place, from 1."""
    id: str
    """Its identifier."""
    score: float | None
    """What it is ranked by, to six decimals; unknown where nothing was compared."""
    match: float | None
    """How well it answers, from 0 to 100, to one decimal; unknown where nothing was compared."""
    title: str | None
    """Its title on one line."""
    authors: tuple[str, ...]
    """Its authors in order."""
    year: int
    """Year of submission."""
    date: str
    """Date of the paper: that of publication, or the best that is known."""
    primary_category: str | None
    """The first of its categories."""
    categories: tuple[str, ...]
    """Its categories, the primary first."""
    url: str
    """Its page on arxiv.org."""
    tldr: str | None
    """What a digest says of it in one or two sentences, in the reader's language or in English."""
    reason: FollowReason
    """What made it an answer."""
    withdrawn: bool | None = None
    """`true` for a paper that was withdrawn; the key is left out of all others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TodayQuery(Answer):
    """A question as its answer repeats it."""

    profile: str
    """The profile."""
    paths: tuple[str, ...]
    """The digests, as they were named."""
    seen: bool
    """See `Today::seen`."""
    new: bool
    """See `Today::new`."""
    filter: Selection
    """Which papers could be listed."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ToldFacet(Answer):
    """What was compared of a paper."""

    text: str
    """The text."""
    from_: FacetOrigin
    """Where it is from."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TopicHistory(Answer):
    """The runs that found or changed the topics of a selection."""

    runs: tuple[RunRow, ...]
    """The latest first."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TopicNews(Answer):
    """A run, and the day of the run before."""

    since: str
    """The day of the run before."""
    date: str
    """Its day, UTC."""
    papers: int
    """How many papers there were."""
    added: int
    """Of these, how many were new."""
    removed: int
    """How many had gone."""
    sought: bool
    """Whether topics were sought; else new papers were placed among those that were there."""
    changes: tuple[ChangeRow, ...]
    """What happened."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TopicRow(Answer):
    """A topic."""

    id: str
    """Its number, the same as last time where it is the same topic."""
    name: str
    """Its name."""
    terms: tuple[WeightedTerm, ...]
    """What its papers hold and others do not, the most telling first."""
    size: int
    """How many papers it has."""
    parent: str | None
    """The topic of the level before that it lies within."""
    central: tuple[str, ...]
    """The papers nearest to its centre, the nearest first."""
    papers: tuple[str, ...]
    """Its papers, by id."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TopicTree(Answer):
    """The topics of the last search."""

    date: str
    """The day of the search, UTC."""
    papers: int
    """Papers that are in topics."""
    topics: tuple[TreeTopic, ...]
    """The topics in the order of a tree: each before those within it, the largest first."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TopicsAnswer(MappedAnswer):
    """Topics as data."""

    query: TopicsQuery
    """What was asked."""
    levels: tuple[LevelRow, ...]
    """The levels, the coarsest first; each topic lies within one of the level before."""
    papers: tuple[PaperTopics, ...]
    """Every paper with its topics, by id."""
    news: TopicNews | None = None
    """What has happened since they were found last, where that is known."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TopicsQuery(Answer):
    """A question as its answer repeats it."""

    category: tuple[str, ...]
    """In at least one of these categories, primary or not, whatever the case. `cs` and `cs.*` stand for the archive. One text may hold
    several, with spaces between them.
    """
    since: str | None
    """On this day or later: that of publication, or the best that is known."""
    until: str | None
    """On this day or earlier."""
    author: tuple[str, ...]
    """By at least one of these authors. All words of a name must occur in one author's name, whatever the accents, case and order; a single
    Latin letter also stands for a word that begins with it.
    """
    exclude: tuple[str, ...]
    """None of these in title or abstract; several words mean that phrase. Word by word: `graph` leaves `graphs` in."""
    withdrawn: bool
    """Also papers that were withdrawn, by their authors or by arXiv. They are left out otherwise."""
    tag: tuple[str, ...]
    """With at least one of these tags of the user's, whatever the case of Latin letters."""
    unread: bool
    """Only papers that the user has not noted as read."""
    search: str | None
    """Words that papers had to hold."""
    into: tuple[str, ...]
    """The names that papers were sorted under."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TreeTopic(Answer):
    """A topic of a tree."""

    id: str
    """Its number."""
    name: str
    """Its name."""
    level: str
    """The name of its level."""
    depth: int
    """Its level, from 0, the coarsest."""
    parent: str | None
    """The topic that it lies within."""
    size: int
    """How many papers it has."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Unmatched(Answer):
    """A reference that means no paper of the library, or several."""

    line: int
    """Where it begins, from 1."""
    entry: str
    """What it calls itself: its title or a key, at most 200 characters."""
    reason: str
    """Why, in words."""
    text: bool | None = None
    """Whether it is liked by its title and abstract; the key is left out where it is not."""


@dataclass(frozen=True, kw_only=True, repr=False)
class VectorSet(Answer):
    """Vectors of one model."""

    model: str
    """The model."""
    fingerprint: str
    """What decides the vectors, as a digest."""
    dimension: int
    """Length of a vector."""
    papers: int
    """Papers that have one."""
    description: str
    """What decides the vectors, in words."""


@dataclass(frozen=True, kw_only=True, repr=False)
class WeightedTerm(Answer):
    """A term and how much it tells."""

    term: str
    """The term."""
    weight: float
    """Its weight, to six decimals."""


CategoryState: TypeAlias = Literal["new", "up_to_date", "nothing_announced", "stale", "failed"]
"""What is known of a category."""
ChangeKind: TypeAlias = Literal["born", "split", "merged", "died", "grew", "shrank"]
"""What can happen to a topic."""
Facet: TypeAlias = Literal["tldr", "motivation", "method", "result", "conclusion", "summary", "keywords", "title_translation", "abstract_translation"]
"""The parts that digests add to a paper's own text. The order is that of a digest page."""
FacetOrigin: TypeAlias = Literal["digest", "abstract"]
"""Where the text of a facet is from."""
FetchOutcome: TypeAlias = Literal["nothing", "new", "incomplete"]
"""How fetching ended."""
FollowKind: TypeAlias = Literal["author", "words", "category"]
"""What of papers is followed. Papers of followed authors come before those that have followed words, and these before those of followed
categories.
"""
Format: TypeAlias = Literal["npy", "jsonl", "safetensors", "parquet"]
"""A form of output."""
FoundBy: TypeAlias = ByText | dict[str, Any]
"""Why a paper was found."""
InterestName: TypeAlias = int | str
"""How an interest is named."""
LikeWeight: TypeAlias = float
"""How much something liked counts beside other likes: a factor from 0 (muted) to 10, in hundredths. Without a weight a like counts once."""
LikedBy: TypeAlias = str | LikedByText | LikedByOwnText
"""Something that is liked."""
Method: TypeAlias = Literal["leiden"] | MethodKMeans | MethodDbscan
"""How topics are found."""
MethodRequest: TypeAlias = Literal["relata", "highest", "mean", "cosine", "mean-cosine", "tfidf", "bm25"]
"""A way of ranking."""
Opinion: TypeAlias = Literal["liked", "disliked"]
"""What somebody thinks of a paper."""
Role: TypeAlias = Literal["query", "passage"]
"""What a text is for. Some models want different words in front of queries and passages. The names are those of `encode_query` and
`encode_document` in sentence-transformers. An empty prompt counts as none, since saving a model writes an empty `document` beside a
`passage` that means something. Where a role has no prompt of its own, the folder's default prompt is taken, as `encode` does, unless it
is the other role's.
"""
