"""A method for every task of a library.

Made by python/generate.py from the schemas of the service; not to be changed by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from relata import types
from relata._answer import Path, Paths, Request


class Tasks:
    """What a library is asked. Each argument is a key of the request, and each answer a dataclass."""

    def _ask(self, task: str, request: dict[str, Any], kind: Any, progress: bool) -> Any:
        raise NotImplementedError

    def add(
        self,
        paths: Paths = (),
        *,
        embed: bool = True,
        progress: bool = False,
    ) -> types.Added:
        """Adds papers of files or folders to the library.

        `paths`: Files or folders; `-` is standard input. The content tells the format.
        `embed`: Whether new papers are embedded at once; else the first request that needs vectors does it.
        """
        request = Request.of({"embed": embed, "paths": paths}, required=(), lists=('paths',))
        answer: types.Added = self._ask("add", request, types.Added, progress)
        return answer

    def fetch(
        self,
        categories: str | Sequence[str] = (),
        *,
        all: bool = False,
        cross_lists: bool | None = None,
        embed: bool = True,
        papers: str | Sequence[str] = (),
        reconcile: bool = False,
        replacements: bool | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        progress: bool = False,
    ) -> types.Fetched:
        """Fetches papers from arXiv.

        `categories`: Categories, `cs.LG`, or archives, `cs`; they are remembered. Without any, and without papers, those that are
        remembered.
        `all`: All papers of arXiv, or what is new and has changed since they were fetched.
        `cross_lists`: Whether papers count that are cross-listed in a category; else as remembered, else they do.
        `embed`: Whether new papers are embedded at once; else the first request that needs vectors does it.
        `papers`: Single papers.
        `reconcile`: Whether the feed is compared with OAI-PMH today, which is else done once a week.
        `replacements`: Whether new versions count of papers that the library does not hold; else as remembered, else they do not.
        `since`: All papers of the categories that are new or have changed since this day.
        `until`: The last such day.
        """
        given = {
            "all": all,
            "categories": categories,
            "cross_lists": cross_lists,
            "embed": embed,
            "papers": papers,
            "reconcile": reconcile,
            "replacements": replacements,
            "since": since,
            "until": until,
        }
        request = Request.of(given, required=(), lists=('categories', 'papers'))
        answer: types.Fetched = self._ask("fetch", request, types.Fetched, progress)
        return answer

    def sources(
        self,
        *,
        progress: bool = False,
    ) -> types.Sources:
        """The categories of arXiv that are fetched."""
        request = Request.of({}, required=(), lists=())
        answer: types.Sources = self._ask("sources", request, types.Sources, progress)
        return answer

    def add_sources(
        self,
        categories: str | Sequence[str],
        *,
        cross_lists: bool | None = None,
        replacements: bool | None = None,
        progress: bool = False,
    ) -> types.Sources:
        """Remembers categories of arXiv, without fetching them.

        `categories`: Categories or archives.
        `cross_lists`: Whether papers count that are cross-listed in them.
        `replacements`: Whether new versions count of papers that the library does not hold.
        """
        given = {
            "categories": categories,
            "cross_lists": cross_lists,
            "replacements": replacements,
        }
        request = Request.of(given, required=('categories',), lists=('categories',))
        answer: types.Sources = self._ask("add_sources", request, types.Sources, progress)
        return answer

    def remove_sources(
        self,
        categories: str | Sequence[str],
        *,
        progress: bool = False,
    ) -> types.RemovedSources:
        """Forgets categories; their papers stay.

        `categories`: Categories or archives.
        """
        request = Request.of({"categories": categories}, required=('categories',), lists=('categories',))
        answer: types.RemovedSources = self._ask("remove_sources", request, types.RemovedSources, progress)
        return answer

    def paper(
        self,
        id: str,
        *,
        progress: bool = False,
    ) -> types.PaperInfo:
        """Everything about a paper.

        `id`: Its identifier.
        """
        request = Request.of({"id": id}, required=('id',), lists=())
        answer: types.PaperInfo = self._ask("paper", request, types.PaperInfo, progress)
        return answer

    def note(
        self,
        paper: str,
        text: str,
        *,
        progress: bool = False,
    ) -> types.Annotated:
        """Notes something of a paper.

        `paper`: The paper.
        `text`: The note, at most 10,000 characters; an empty one takes it away.
        """
        request = Request.of({"paper": paper, "text": text}, required=('paper', 'text'), lists=())
        answer: types.Annotated = self._ask("note", request, types.Annotated, progress)
        return answer

    def tag(
        self,
        papers: str | Sequence[str],
        tags: str | Sequence[str],
        *,
        remove: bool = False,
        progress: bool = False,
    ) -> types.Annotated:
        """Gives papers tags, or takes them away.

        `papers`: The papers.
        `tags`: The tags; none holds a comma or a semicolon.
        `remove`: Take them away instead.
        """
        request = Request.of({"papers": papers, "tags": tags, "remove": remove}, required=('papers', 'tags'), lists=('papers', 'tags'))
        answer: types.Annotated = self._ask("tag", request, types.Annotated, progress)
        return answer

    def tags(
        self,
        *,
        progress: bool = False,
    ) -> types.Tags:
        """All tags, and how many papers have them."""
        request = Request.of({}, required=(), lists=())
        answer: types.Tags = self._ask("tags", request, types.Tags, progress)
        return answer

    def read(
        self,
        papers: str | Sequence[str],
        *,
        unread: bool = False,
        progress: bool = False,
    ) -> types.Annotated:
        """Notes papers as read, or as not read.

        `papers`: The papers.
        `unread`: Not read instead.
        """
        request = Request.of({"papers": papers, "unread": unread}, required=('papers',), lists=('papers',))
        answer: types.Annotated = self._ask("read", request, types.Annotated, progress)
        return answer

    def remove(
        self,
        ids: str | Sequence[str],
        *,
        progress: bool = False,
    ) -> types.Removed:
        """Removes papers from the library.

        `ids`: The papers.
        """
        request = Request.of({"ids": ids}, required=('ids',), lists=('ids',))
        answer: types.Removed = self._ask("remove", request, types.Removed, progress)
        return answer

    def recommend(
        self,
        like: str | Sequence[str] = (),
        *,
        at_least: float | None = None,
        diversity: float = 0.0,
        facet: types.Facet | None = None,
        factors: types.Factors | Mapping[str, Any] | None = None,
        filter: types.Filter | Mapping[str, Any] | None = None,
        half_life: float | None = None,
        k: int = 10,
        language: str = 'en',
        like_text: str | Sequence[str] = (),
        profile: str | None = None,
        unlike: str | Sequence[str] = (),
        progress: bool = False,
    ) -> types.Recommendation:
        """The papers most related to those that somebody likes.

        `like`: Liked papers. Without any and without `like_text` the profile is the question.
        `at_least`: The least match of an answer, from 0 to 100. Where nothing is said, a daily list takes 50, and every other answer takes
        all.
        `diversity`: How much an answer's likeness to those before it lowers its score, from 0 to 1.
        `facet`: Compare this aspect of papers, beside the words of the whole.
        `factors`: How the parts of a score count.
        `filter`: Which papers may be answers.
        `half_life`: Days after which a like of the profile counts half as much; all count the same where nothing is said.
        `k`: Number of answers.
        `language`: Language of the digests' short texts, such as `en`.
        `like_text`: Texts that describe what is liked.
        `profile`: A profile whose liked and disliked papers are added.
        `unlike`: Papers of which less is wanted.
        """
        given = {
            "at_least": at_least,
            "diversity": diversity,
            "facet": facet,
            "factors": factors,
            "filter": filter,
            "half_life": half_life,
            "k": k,
            "language": language,
            "like": like,
            "like_text": like_text,
            "profile": profile,
            "unlike": unlike,
        }
        request = Request.of(given, required=(), lists=('like', 'like_text', 'unlike'))
        answer: types.Recommendation = self._ask("recommend", request, types.Recommendation, progress)
        return answer

    def search(
        self,
        text: str | None = None,
        *,
        at_least: float | None = None,
        filter: types.Filter | Mapping[str, Any] | None = None,
        k: int = 10,
        language: str = 'en',
        progress: bool = False,
    ) -> types.Found:
        """Papers by words, authors, ids or filters.

        `text`: Words, the name of an author, or ids and links of papers. Without any, the papers that the filter leaves are listed, the
        newest first.
        `at_least`: The least match of an answer, from 0 to 100. Papers whose match is unknown stay.
        `filter`: Which papers may be answers.
        `k`: Number of answers.
        `language`: Language of the digests' short texts, such as `en`.
        """
        request = Request.of({"at_least": at_least, "filter": filter, "k": k, "language": language, "text": text}, required=(), lists=())
        answer: types.Found = self._ask("search", request, types.Found, progress)
        return answer

    def today(
        self,
        paths: Paths = (),
        *,
        at_least: float | None = None,
        diversity: float = 0.0,
        factors: types.Factors | Mapping[str, Any] | None = None,
        fetch: bool = False,
        filter: types.Filter | Mapping[str, Any] | None = None,
        half_life: float | None = None,
        k: int = 10,
        language: str = 'en',
        nearest: bool = False,
        new: bool = False,
        profile: str | None = None,
        seen: bool = False,
        progress: bool = False,
    ) -> types.TodayList:
        """The new papers of a day that matter to a profile.

        `paths`: Digests, which are added to the library; those of the latest day among them are listed, or of all days where the filter has
        a first day. Without any, the latest day of the library.
        `at_least`: The least match of an answer, from 0 to 100. Where nothing is said, a daily list takes 50, and every other answer takes
        all.
        `diversity`: How much an answer's likeness to those before it lowers its score, from 0 to 1.
        `factors`: How the parts of a score count.
        `fetch`: Fetch the announcement that is due first, for the categories that are remembered. A source that fails takes nothing from
        the list: the answer tells of it.
        `filter`: Which papers may be answers.
        `half_life`: Days after which a like of the profile counts half as much; all count the same where nothing is said.
        `k`: Number of answers.
        `language`: Language of the digests' short texts, such as `en`.
        `nearest`: Where no new paper matches well enough, give the nearest all the same.
        `new`: Leave out whatever any list has shown for the profile.
        `profile`: The profile.
        `seen`: Also list what was listed on other days, what earlier digests had, and what nearly repeats an older paper.
        """
        given = {
            "at_least": at_least,
            "diversity": diversity,
            "factors": factors,
            "fetch": fetch,
            "filter": filter,
            "half_life": half_life,
            "k": k,
            "language": language,
            "nearest": nearest,
            "new": new,
            "paths": paths,
            "profile": profile,
            "seen": seen,
        }
        request = Request.of(given, required=(), lists=('paths',))
        answer: types.TodayList = self._ask("today", request, types.TodayList, progress)
        return answer

    def mark_shown(
        self,
        paths: Paths = (),
        *,
        at_least: float | None = None,
        diversity: float = 0.0,
        factors: types.Factors | Mapping[str, Any] | None = None,
        fetch: bool = False,
        filter: types.Filter | Mapping[str, Any] | None = None,
        half_life: float | None = None,
        k: int = 10,
        language: str = 'en',
        nearest: bool = False,
        new: bool = False,
        profile: str | None = None,
        seen: bool = False,
        progress: bool = False,
    ) -> types.TodayList:
        """Lists a day as `today` does, and notes its papers as shown, so that other days leave them out.

        `paths`: Digests, which are added to the library; those of the latest day among them are listed, or of all days where the filter has
        a first day. Without any, the latest day of the library.
        `at_least`: The least match of an answer, from 0 to 100. Where nothing is said, a daily list takes 50, and every other answer takes
        all.
        `diversity`: How much an answer's likeness to those before it lowers its score, from 0 to 1.
        `factors`: How the parts of a score count.
        `fetch`: Fetch the announcement that is due first, for the categories that are remembered. A source that fails takes nothing from
        the list: the answer tells of it.
        `filter`: Which papers may be answers.
        `half_life`: Days after which a like of the profile counts half as much; all count the same where nothing is said.
        `k`: Number of answers.
        `language`: Language of the digests' short texts, such as `en`.
        `nearest`: Where no new paper matches well enough, give the nearest all the same.
        `new`: Leave out whatever any list has shown for the profile.
        `profile`: The profile.
        `seen`: Also list what was listed on other days, what earlier digests had, and what nearly repeats an older paper.
        """
        given = {
            "at_least": at_least,
            "diversity": diversity,
            "factors": factors,
            "fetch": fetch,
            "filter": filter,
            "half_life": half_life,
            "k": k,
            "language": language,
            "nearest": nearest,
            "new": new,
            "paths": paths,
            "profile": profile,
            "seen": seen,
        }
        request = Request.of(given, required=(), lists=('paths',))
        answer: types.TodayList = self._ask("mark_shown", request, types.TodayList, progress)
        return answer

    def export(
        self,
        *,
        csv: Path | None = None,
        jsonl: Path | None = None,
        parquet: Path | None = None,
        topics: types.FindTopics | Mapping[str, Any] | None = None,
        vectors: bool = False,
        progress: bool = False,
    ) -> types.Exported:
        """Writes papers with their topics to a file.

        `csv`: A CSV file to write.
        `jsonl`: A JSON lines file to write, with abstracts.
        `parquet`: A Parquet file to write, with vectors.
        `topics`: Among which papers topics are found, and how.
        `vectors`: Whether the vectors stand in the JSON lines, too.
        """
        request = Request.of({"csv": csv, "jsonl": jsonl, "parquet": parquet, "topics": topics, "vectors": vectors}, required=(), lists=())
        answer: types.Exported = self._ask("export", request, types.Exported, progress)
        return answer

    def evaluate(
        self,
        judgements: Path,
        *,
        diversity: float = 0.0,
        factors: types.Factors | Mapping[str, Any] | None = None,
        methods: Sequence[types.MethodRequest] = (),
        progress: bool = False,
    ) -> types.Evaluated:
        """How well ways of ranking find what people judged to be related.

        `judgements`: A file of judgements, one JSON object a line: `{"query": ID, "relevant": [ID, ...]}`, or `{"like": [ID, ...],
        "unlike": [ID, ...], "relevant": [ID, ...]}`.
        `diversity`: How much an answer's likeness to those before it lowers its score, from 0 to 1.
        `factors`: How the parts of a score count.
        `methods`: Ways of ranking; all where none is named, or of one liked paper those that differ.
        """
        given = {
            "judgements": judgements,
            "diversity": diversity,
            "factors": factors,
            "methods": methods,
        }
        request = Request.of(given, required=('judgements',), lists=('methods',))
        answer: types.Evaluated = self._ask("evaluate", request, types.Evaluated, progress)
        return answer

    def opine(
        self,
        papers: str | Sequence[str],
        opinion: types.Opinion | None = None,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Opined:
        """Likes or dislikes papers, or takes that back.

        `papers`: The papers.
        `opinion`: What is thought of them; nothing takes an earlier opinion back.
        `profile`: Whose opinion it is.
        """
        request = Request.of({"papers": papers, "opinion": opinion, "profile": profile}, required=('papers',), lists=('papers',))
        answer: types.Opined = self._ask("opine", request, types.Opined, progress)
        return answer

    def profiles(
        self,
        *,
        progress: bool = False,
    ) -> types.Profiles:
        """All profiles."""
        request = Request.of({}, required=(), lists=())
        answer: types.Profiles = self._ask("profiles", request, types.Profiles, progress)
        return answer

    def profile(
        self,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.ExportedProfile:
        """What a profile likes, dislikes and follows.

        `profile`: Its name.
        """
        request = Request.of({"profile": profile}, required=(), lists=())
        answer: types.ExportedProfile = self._ask("profile", request, types.ExportedProfile, progress)
        return answer

    def import_profile(
        self,
        file: Path,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Imported:
        """Adds papers of a reference manager's file to a profile.

        `file`: An export of a reference manager in any of their formats, an exported profile or a list of ids, as it is or as gzip; `-` is
        standard input.
        `profile`: The profile to add to; else the name in an exported profile, else the default.
        """
        request = Request.of({"file": file, "profile": profile}, required=('file',), lists=())
        answer: types.Imported = self._ask("import_profile", request, types.Imported, progress)
        return answer

    def remove_profile(
        self,
        profile: str,
        *,
        progress: bool = False,
    ) -> types.Finished:
        """Forgets a profile.

        `profile`: Its name.
        """
        request = Request.of({"profile": profile}, required=('profile',), lists=())
        answer: types.Finished = self._ask("remove_profile", request, types.Finished, progress)
        return answer

    def follow(
        self,
        *,
        follow: types.FollowsRequest | Mapping[str, Any] | None = None,
        profile: str | None = None,
        stop: bool = False,
        progress: bool = False,
    ) -> types.Followed:
        """Follows authors, words and categories, or stops to.

        `follow`: Authors, words and categories.
        `profile`: Who follows them.
        `stop`: No longer, instead of from now on.
        """
        request = Request.of({"follow": follow, "profile": profile, "stop": stop}, required=(), lists=())
        answer: types.Followed = self._ask("follow", request, types.Followed, progress)
        return answer

    def follows(
        self,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Followed:
        """The authors, words and categories that a profile follows.

        `profile`: Its name.
        """
        request = Request.of({"profile": profile}, required=(), lists=())
        answer: types.Followed = self._ask("follows", request, types.Followed, progress)
        return answer

    def interests(
        self,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Interests:
        """The interests of a profile: groups of liked papers.

        `profile`: Its name.
        """
        request = Request.of({"profile": profile}, required=(), lists=())
        answer: types.Interests = self._ask("interests", request, types.Interests, progress)
        return answer

    def weigh_interest(
        self,
        interest: types.InterestName,
        weight: types.LikeWeight,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Interests:
        """Has an interest count more or less, or mutes it.

        `interest`: The interest.
        `weight`: From 0, which mutes it, to 10; 1 takes back what was said.
        `profile`: The profile.
        """
        request = Request.of({"interest": interest, "weight": weight, "profile": profile}, required=('interest', 'weight'), lists=())
        answer: types.Interests = self._ask("weigh_interest", request, types.Interests, progress)
        return answer

    def split_interest(
        self,
        interest: int,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Interests:
        """Makes two interests of one, where it is least alike.

        `interest`: Its number, from 1.
        `profile`: The profile.
        """
        request = Request.of({"interest": interest, "profile": profile}, required=('interest',), lists=())
        answer: types.Interests = self._ask("split_interest", request, types.Interests, progress)
        return answer

    def join_interests(
        self,
        interests: Sequence[int],
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Interests:
        """Makes one interest of several.

        `interests`: Their numbers, from 1.
        `profile`: The profile.
        """
        request = Request.of({"interests": interests, "profile": profile}, required=('interests',), lists=('interests',))
        answer: types.Interests = self._ask("join_interests", request, types.Interests, progress)
        return answer

    def regroup_interests(
        self,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.Interests:
        """Forgets which papers are one interest.

        `profile`: Its name.
        """
        request = Request.of({"profile": profile}, required=(), lists=())
        answer: types.Interests = self._ask("regroup_interests", request, types.Interests, progress)
        return answer

    def liked_papers(
        self,
        *,
        disliked: bool = False,
        from_: int = 0,
        interest: str | None = None,
        k: int | None = None,
        profile: str | None = None,
        text: str | None = None,
        progress: bool = False,
    ) -> types.LikedList:
        """The papers that a profile likes, or those of an interest.

        `disliked`: Papers that the profile does not like instead.
        `from_`: How many are passed over.
        `interest`: Only those of this interest: its number, or something that it holds (the id of a paper or the key of a text).
        `k`: How many are listed at most; all, where nothing is said.
        `profile`: The profile.
        `text`: Only those whose title and authors have words that begin with all of these.
        """
        given = {
            "disliked": disliked,
            "from": from_,
            "interest": interest,
            "k": k,
            "profile": profile,
            "text": text,
        }
        request = Request.of(given, required=(), lists=())
        answer: types.LikedList = self._ask("liked_papers", request, types.LikedList, progress)
        return answer

    def profile_texts(
        self,
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.ProfileTexts:
        """Liked texts that are no papers of the library.

        `profile`: Its name.
        """
        request = Request.of({"profile": profile}, required=(), lists=())
        answer: types.ProfileTexts = self._ask("profile_texts", request, types.ProfileTexts, progress)
        return answer

    def remove_texts(
        self,
        keys: str | Sequence[str],
        *,
        profile: str | None = None,
        progress: bool = False,
    ) -> types.RemovedTexts:
        """Removes liked texts from a profile.

        `keys`: Their keys.
        `profile`: The profile.
        """
        request = Request.of({"keys": keys, "profile": profile}, required=('keys',), lists=('keys',))
        answer: types.RemovedTexts = self._ask("remove_texts", request, types.RemovedTexts, progress)
        return answer

    def topics(
        self,
        *,
        among: types.Among | Mapping[str, Any] | None = None,
        fresh: bool = False,
        into: str | Sequence[str] = (),
        method: types.Method = 'leiden',
        threshold: float | None = None,
        progress: bool = False,
    ) -> types.TopicsAnswer:
        """Finds the topics of the library, or of a selection.

        `among`: Among which papers.
        `fresh`: Find topics from scratch and keep nothing: the same papers then have the same topics in every library.
        `into`: Sort the papers under names instead: `NAME`, `NAME: what it means` or `NAME = ID,ID` with example papers.
        `method`: How topics are found.
        `threshold`: With names: papers whose cosine with every name is below this are under none of them.
        """
        given = {
            "among": among,
            "fresh": fresh,
            "into": into,
            "method": method,
            "threshold": threshold,
        }
        request = Request.of(given, required=(), lists=('into',))
        answer: types.TopicsAnswer = self._ask("topics", request, types.TopicsAnswer, progress)
        return answer

    def kept_topics(
        self,
        *,
        filter: types.Filter | Mapping[str, Any] | None = None,
        search: str | None = None,
        progress: bool = False,
    ) -> types.TopicTree | None:
        """The topics that were found last, as a tree.

        `filter`: Papers that pass.
        `search`: Papers that hold all these words.
        """
        request = Request.of({"filter": filter, "search": search}, required=(), lists=())
        answer: types.TopicTree | None = self._ask("kept_topics", request, types.TopicTree | None, progress)
        return answer

    def topic(
        self,
        topic: int,
        *,
        filter: types.Filter | Mapping[str, Any] | None = None,
        k: int = 20,
        search: str | None = None,
        progress: bool = False,
    ) -> types.NewestOfTopic:
        """A topic of those that were found last, and its newest papers.

        `topic`: Its number.
        `filter`: Among papers that pass.
        `k`: How many of its papers.
        `search`: Among papers that hold all these words.
        """
        request = Request.of({"topic": topic, "filter": filter, "k": k, "search": search}, required=('topic',), lists=())
        answer: types.NewestOfTopic = self._ask("topic", request, types.NewestOfTopic, progress)
        return answer

    def topic_history(
        self,
        *,
        filter: types.Filter | Mapping[str, Any] | None = None,
        search: str | None = None,
        progress: bool = False,
    ) -> types.TopicHistory:
        """What has happened to the topics of a selection.

        `filter`: Papers that pass.
        `search`: Papers that hold all these words.
        """
        request = Request.of({"filter": filter, "search": search}, required=(), lists=())
        answer: types.TopicHistory = self._ask("topic_history", request, types.TopicHistory, progress)
        return answer

    def name_topic(
        self,
        topic: int,
        *,
        among: types.Among | Mapping[str, Any] | None = None,
        name: str | None = None,
        progress: bool = False,
    ) -> types.Renamed | None:
        """Gives a topic a name that it keeps, or takes it back.

        `topic`: The topic's number.
        `among`: Among which papers it is a topic.
        `name`: The name; without one it is named by its terms again.
        """
        request = Request.of({"topic": topic, "among": among, "name": name}, required=('topic',), lists=())
        answer: types.Renamed | None = self._ask("name_topic", request, types.Renamed | None, progress)
        return answer

    def info(
        self,
        *,
        progress: bool = False,
    ) -> types.LibraryInfo:
        """The library in numbers."""
        request = Request.of({}, required=(), lists=())
        answer: types.LibraryInfo = self._ask("info", request, types.LibraryInfo, progress)
        return answer

    def models(
        self,
        *,
        progress: bool = False,
    ) -> types.Models:
        """Models that embed, and which are here."""
        request = Request.of({}, required=(), lists=())
        answer: types.Models = self._ask("models", request, types.Models, progress)
        return answer

    def embed(
        self,
        inputs: Paths,
        output: Path,
        *,
        force: bool = False,
        format: types.Format | None = None,
        lines: bool = False,
        resume: bool = False,
        role: types.Role = 'passage',
        progress: bool = False,
    ) -> types.Embedded:
        """Embeds texts of files to a file of vectors.

        `inputs`: Files or folders; `-` is standard input.
        `output`: The file to write, or what a stream is called in the report.
        `force`: Whether to replace what is there.
        `format`: The form, where the name of the file does not tell it.
        `lines`: Whether the inputs are plain text, a text a line; else papers in any format that is read into a library.
        `resume`: Whether to go on from where an interrupted run ended.
        `role`: As what the model takes the texts.
        """
        given = {
            "inputs": inputs,
            "output": output,
            "force": force,
            "format": format,
            "lines": lines,
            "resume": resume,
            "role": role,
        }
        request = Request.of(given, required=('inputs', 'output'), lists=('inputs',))
        answer: types.Embedded = self._ask("embed", request, types.Embedded, progress)
        return answer

    def import_vectors(
        self,
        paths: Paths,
        *,
        progress: bool = False,
    ) -> types.ImportedVectors:
        """Takes vectors of files over, for papers that were added without being embedded.

        `paths`: Files of Parquet with the columns `id`, `vector`, `fingerprint` and `passage`, as `embed` and shards have them, and folders
        that hold such files.
        """
        request = Request.of({"paths": paths}, required=('paths',), lists=('paths',))
        answer: types.ImportedVectors = self._ask("import_vectors", request, types.ImportedVectors, progress)
        return answer

    def reembed(
        self,
        *,
        forget_others: bool = False,
        progress: bool = False,
    ) -> types.Reembedded:
        """Embeds every paper with the model that is asked for.

        `forget_others`: Whether the vectors of every other model are then deleted.
        """
        request = Request.of({"forget_others": forget_others}, required=(), lists=())
        answer: types.Reembedded = self._ask("reembed", request, types.Reembedded, progress)
        return answer

    def prepare(
        self,
        *,
        progress: bool = False,
    ) -> types.Finished:
        """Brings what answers are made from up to date."""
        request = Request.of({}, required=(), lists=())
        answer: types.Finished = self._ask("prepare", request, types.Finished, progress)
        return answer

    def check(
        self,
        *,
        progress: bool = False,
    ) -> types.Checked:
        """Checks the library for damage."""
        request = Request.of({}, required=(), lists=())
        answer: types.Checked = self._ask("check", request, types.Checked, progress)
        return answer

    def repair(
        self,
        *,
        embed: bool = True,
        sources: str | Sequence[str] = (),
        progress: bool = False,
    ) -> types.Mended:
        """Mends a damaged library.

        `embed`: Whether papers that lack a vector, as those whose vector had to be deleted, are embedded at once; else the next answer does
        it.
        `sources`: Files or folders from which damaged papers are read again.
        """
        request = Request.of({"embed": embed, "sources": sources}, required=(), lists=('sources',))
        answer: types.Mended = self._ask("repair", request, types.Mended, progress)
        return answer
