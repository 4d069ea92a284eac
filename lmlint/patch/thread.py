"""Posts that belong together: the mails of one posting, and the versions of one series."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from lmlint.patch.posts import Post, Sorted


@dataclass(frozen=True, slots=True)
class Posting:
    """One version of a series as it was posted: its patches, and its cover letters, in the order of arrival."""

    patches: tuple[Post, ...]
    covers: tuple[Post, ...] = ()

    @property
    def posts(self) -> tuple[Post, ...]:
        """The cover letters and the patches."""
        return self.covers + self.patches

    @property
    def version(self) -> tuple[int, bool]:
        """The version, and whether it was sent again."""
        return self.posts[0].mail.version, self.posts[0].mail.resend

    @property
    def author(self) -> str:
        """The address of who sent it, as far as it is told."""
        return next((post.mail.author for post in self.posts if post.mail.author), "")

    @property
    def title(self) -> str:
        """The title of its cover letter or first patch."""
        return min(self.posts, key=lambda post: (post.mail.number, post.order)).mail.title

    @property
    def rank(self) -> tuple[int, int, bool, int]:
        """What a newer posting has more of: version, date, being sent again, order."""
        version, again = self.version
        return version, max(post.mail.sent for post in self.posts), again, self.posts[0].order


@dataclass(slots=True)
class _Forest:
    """Things that are joined to sets."""

    parent: dict[Hashable, Hashable] = field(default_factory=dict)

    def root(self, thing: Hashable) -> Hashable:
        """Return what stands for the set of a thing."""
        while (above := self.parent.setdefault(thing, thing)) != thing:
            self.parent[thing] = self.parent[above]
            thing = above
        return thing

    def join(self, things: Iterable[Hashable]) -> None:
        """Join the sets of the things."""
        roots = [self.root(thing) for thing in things]
        for root in roots[1:]:
            self.parent[self.root(root)] = self.root(roots[0])


def postings(found: Sorted) -> list[Posting]:
    """Return the posts sorted into postings; a patch without a count is one of its own, or follows in its batch."""
    forest = _Forest()
    keys = {post.mail.message_id: _key(post) for post in (*found.covers, *found.patches) if post.mail.message_id}
    counted = [post for post in (*found.covers, *found.patches) if post.mail.total]
    for post in counted:
        key, refs = _key(post), (*post.mail.references, *post.mail.in_reply_to)
        # A mail of the same posting joins them, and one that is not here; another version or another mail that they
        # all answer joins those of one sender.
        near = [(key, ref) for ref in refs if keys.get(ref, key) == key and (ref in keys or ref not in found.known)]
        forest.join([(key, _id(post)), *near, *((key, post.mail.author, ref) for ref in refs)])
    grouped: dict[Hashable, list[Post]] = defaultdict(list)
    for post in sorted(counted, key=lambda post: post.order):
        grouped[forest.root((_key(post), _id(post)))].append(post)
    for post in found.patches:
        if not post.mail.total:
            batch = (post.batch, post.mail.version, post.mail.resend) if post.batch else post.order
            grouped[batch, "uncounted"].append(post)
    return [_posting(posts) for posts in _collected(list(grouped.values()))]


def families(all_postings: Sequence[Posting], known: Mapping[str, tuple[str, ...]]) -> list[list[Posting]]:
    """Return the postings sorted into the versions of one series each, the newest last, in the order of arrival."""
    threads, forest = _Forest(), _Forest()
    for message_id, references in known.items():
        threads.join([message_id, *references])
    alike: dict[tuple[str, str], set[int]] = defaultdict(set)
    for at, posting in enumerate(all_postings):
        for post in posting.posts:
            if post.mail.change_id:
                alike["change", post.mail.change_id].add(at)
            if post.mail.title:
                alike["title", post.mail.title].add(at)
            if post.mail.message_id:
                alike["thread", str(threads.root(post.mail.message_id))].add(at)
    for (kind, _), places in alike.items():
        if kind == "change":
            forest.join(sorted(places))
        else:
            _join_versions(forest, all_postings, sorted(places))
    sets: dict[Hashable, list[Posting]] = defaultdict(list)
    for at, posting in enumerate(all_postings):
        sets[forest.root(at)].append(posting)
    return [sorted(members, key=lambda posting: posting.rank) for members in sets.values()]


def _key(post: Post) -> tuple[int, int, bool]:
    """Return what all mails of one posting have in common."""
    return post.mail.version, post.mail.total, post.mail.resend


def _id(post: Post) -> str:
    return post.mail.message_id or f"#{post.order}"


def _collected(groups: list[list[Post]]) -> list[list[Post]]:
    """Return the groups with mails that no thread joins put together, as long as their numbers differ."""
    whole: list[list[Post]] = []
    open_groups: dict[Hashable, tuple[list[Post], set[int]]] = {}
    for group in sorted(groups, key=lambda posts: posts[0].order):
        first = group[0]
        loose = len(group) == 1 and first.mail.total > 0 and not first.mail.references and not first.mail.in_reply_to
        if not loose:
            whole.append(group)
            continue
        # Patches that were sent have one sender; those in a file of git format-patch have their authors, and no ids.
        key = (_key(first), first.mail.author if first.mail.message_id else None)
        into, numbers = open_groups.get(key, ([], {first.mail.number}))
        if first.mail.number in numbers:
            whole.append(group)
            open_groups[key] = group, {first.mail.number}
        else:
            into.append(first)
            numbers.add(first.mail.number)
    return whole


def _posting(posts: Sequence[Post]) -> Posting:
    cover = [post.mail.total > 0 and post.mail.number == 0 for post in posts]
    both = list(zip(posts, cover, strict=True))
    return Posting(tuple(post for post, is_cover in both if not is_cover), tuple(post for post, yes in both if yes))


def _join_versions(forest: _Forest, all_postings: Sequence[Posting], places: Sequence[int]) -> None:
    """Join postings of one author that differ in their version; who is not named may be the only one that is."""
    by_author: dict[str, list[int]] = defaultdict(list)
    for at in places:
        by_author[all_postings[at].author].append(at)
    named = by_author.keys() - {""}
    sets = [places] if len(named) == 1 else by_author.values()
    for same in sets:
        if len({all_postings[at].version for at in same}) > 1:
            forest.join(same)
