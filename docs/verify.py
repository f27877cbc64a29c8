#!/usr/bin/env python3
"""Verifies a bundle of Hallpass' audit log, without Hallpass.

usage: verify.py --key FILE [--known FILE]... [--json] BUNDLE...

FILE of --key holds public keys, one a line. FILE of --known holds one signed
checkpoint that you have from elsewhere: an anchor, or an earlier bundle. A
BUNDLE is a folder that `hallpass audit export` or `hallpass audit evidence`
wrote; of the latter every file is compared with the signed manifest. The format
is described in audit-format.md, section by section as the functions below.

With --redraw REVIEW it draws the sample of a review again, from the log and the
checkpoint alone, and says whether it is the one that was reviewed.

Exit code 0: everything is sound. 1: something is wrong, and it says what and
where. 2: a file cannot be read.

Python 3.8 or later; nothing but its standard library.
"""
import argparse
import base64
import datetime
import hashlib
import json
import math
import os
import re
import sys
from functools import lru_cache

FORMAT = "hallpass-audit-bundle/1"
FINDINGS_AT_MOST = 100


# Ed25519 (RFC 8032), verification only. Points are in extended coordinates.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_M1 = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(n, p):
    q = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        n >>= 1
    return q


def point_decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT_M1 % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def point_compress(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_decompress(BASE_Y.to_bytes(32, "little"))


@lru_cache(maxsize=65536)
def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a = point_decompress(public)
    s = int.from_bytes(signature[32:], "little")
    if a is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return point_compress(point_add(point_multiply(s, BASE), point_multiply(h, minus_a))) == signature[:32]


# Keys and signed notes (C2SP signed-note) and checkpoints (C2SP tlog-checkpoint).


def read_keys(text):
    """Returns {(name, hash): public key}."""
    keys = {}
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, number, data = line.split("+", 2)
        raw = base64.b64decode(data, validate=True)
        if len(raw) != 33 or raw[0] != 1:
            raise ValueError("a key is not an Ed25519 key: " + line)
        if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != number:
            raise ValueError("a key's number is not that of the key: " + line)
        keys[name, number] = raw[1:]
    if not keys:
        raise ValueError("there is no key")
    return keys


class Checkpoint:
    def __init__(self, text):
        lines = text.split("\n")
        if len(lines) != 5 or lines[4] != "" or lines[0] == "":
            raise ValueError("it is not four lines: origin, size, root, time")
        self.origin = lines[0]
        if not re.fullmatch(r"[1-9][0-9]{0,18}", lines[1]):
            raise ValueError("the size is no positive number")
        self.size = int(lines[1])
        self.root = base64.b64decode(lines[2], validate=True)
        if len(self.root) != 32:
            raise ValueError("the root is no hash")
        if not re.fullmatch(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[3]):
            raise ValueError("the time is not written as it should be")
        datetime.datetime.strptime(lines[3], "at %Y-%m-%dT%H:%M:%S.%fZ")
        self.known = self.seen = self.holds = False


def open_note(note, keys):
    """The text of a signed note and the name of the first known key, if one signed it and no signature of a known key fails."""
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n"):
        raise ValueError("it is no signed note")
    text, good = note[: at + 1], []
    for line in note[at + 2 : -1].split("\n"):
        match = re.fullmatch(r"\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        if not match:
            raise ValueError("a signature line cannot be read")
        name, raw = match.group(1), base64.b64decode(match.group(2), validate=True)
        public = keys.get((name, raw[:4].hex()))
        if public is None:
            continue
        if not ed25519_verify(public, text.encode(), raw[4:]):
            raise ValueError("a signature does not hold")
        good.append(name)
    if not good:
        raise ValueError("no trusted key signed it")
    return text, good[0]


def open_checkpoint(note, keys):
    """Returns the checkpoint if at least one of the keys signed it and no signature of theirs fails."""
    text, name = open_note(note, keys)
    checkpoint = Checkpoint(text)
    if name != checkpoint.origin:
        raise ValueError("it is signed under another name than the log's")
    return checkpoint


def claimed_size(note):
    """What an unsigned checkpoint claims; 0 if it cannot be read."""
    try:
        return Checkpoint(note.split("\n\n", 1)[0] + "\n").size
    except ValueError:
        return 0


# The Merkle tree (RFC 6962).


def leaf_hash(body):
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees that a tree is made of, the largest first."""

    def __init__(self, size, hashes):
        if len(hashes) != bin(size).count("1") or any(len(h) != 32 for h in hashes):
            raise ValueError("before: the hashes do not belong to a tree of %d events" % size)
        self.size, self.hashes = size, list(hashes)

    def append(self, leaf):
        n = self.size
        while n & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            n >>= 1
        self.hashes.append(leaf)
        self.size += 1

    def root(self):
        if not self.hashes:
            return hashlib.sha256(b"").digest()
        root = self.hashes[-1]
        for h in reversed(self.hashes[:-1]):
            root = node_hash(h, root)
        return root


def split(n):
    """The largest power of two below n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def inclusion_root(index, size, leaf, proof):
    """The root that a proof of inclusion leads to."""
    if size == 1:
        if proof:
            raise ValueError("the proof is too long")
        return leaf
    if not proof:
        raise ValueError("the proof is too short")
    k = split(size)
    if index < k:
        return node_hash(inclusion_root(index, k, leaf, proof[:-1]), proof[-1])
    return node_hash(proof[-1], inclusion_root(index - k, size - k, leaf, proof[:-1]))


def consistency_roots(proof, old, size, whole, root):
    """The roots of the old and the new tree that a proof of consistency leads to."""
    if old == size:
        if whole:
            if proof:
                raise ValueError("the proof is too long")
            return root, root
        if len(proof) != 1:
            raise ValueError("the proof has the wrong length")
        return proof[0], proof[0]
    if not proof:
        raise ValueError("the proof is too short")
    k = split(size)
    if old <= k:
        older, newer = consistency_roots(proof[:-1], old, k, whole, root)
        return older, node_hash(newer, proof[-1])
    older, newer = consistency_roots(proof[:-1], old - k, size - k, False, root)
    return node_hash(proof[-1], older), node_hash(proof[-1], newer)


def consistent(proof, older, newer):
    if proof["from"] != older.size or proof["to"] != newer.size:
        return False
    try:
        hashes = [base64.b64decode(h, validate=True) for h in proof["hashes"] or []]
        return consistency_roots(hashes, older.size, newer.size, True, older.root) == (older.root, newer.root)
    except ValueError:
        return False


# Events and people's texts.


def strict_object(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a name stands twice")
    return dict(pairs)


class Record:
    def __init__(self, body, texts):
        self.body, self.texts, self.hash = body, texts, leaf_hash(body)
        self.sequence, self.problem, self.text_problem, self.absent, self.closed = 0, "", "", 0, None
        try:
            event = json.loads(body.decode(), object_pairs_hook=strict_object)
            sequence = event["sequence"]
            if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 1:
                raise ValueError("the event says no number of its own")
            self.sequence = sequence
            if event.get("kind") == "review.closed":
                self.closed = event.get("detail") or {}
        except (ValueError, KeyError, TypeError) as error:
            self.problem = str(error) or "the event says no number of its own"
            event = {}
        promised = event.get("texts") or {}
        self.absent = len(promised)
        for text in texts:
            salt = bytes.fromhex(text["salt"])
            if len(salt) != 32:
                self.text_problem = "the salt of %r is not 32 bytes" % text["name"]
            elif text["name"] not in promised:
                self.text_problem = "the event knows no text %r" % text["name"]
            elif promised[text["name"]] != "sha256:" + hashlib.sha256(salt + text["text"].encode()).hexdigest():
                self.text_problem = "the text %r is not the one that the event commits to" % text["name"]
            else:
                self.absent -= 1
                continue
            break


# Results of reviews.


def result_problem(review, result, keys):
    """What is wrong with the signed result of a review; None: nothing."""
    if not isinstance(result, str):
        return "the review that was closed has no result"
    try:
        text, _ = open_note(result, keys)
    except ValueError:
        return "the result of the review %s is not signed by a key that is trusted" % review
    if not text.startswith("hallpass review result 1\nreview %s, " % review):
        return "the result is not that of the review %s" % review
    return None


def closed_problem(detail, keys):
    """What is wrong with the result in the detail of an event that closed a review."""
    if not isinstance(detail, dict):
        return "the review that was closed has no result"
    review, result = detail.get("campaign"), detail.get("result")
    problem = result_problem(review, result, keys)
    if problem:
        return problem
    text = result[: result.rindex("\n\n") + 1]
    if hashlib.sha256(text.encode()).hexdigest() != detail.get("digest"):
        return "the result of the review %s is not the one that the event's digest is of" % review
    return None


# The bundle.


def read_lines(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        data = f.read()
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def records_of(folder):
    """The events as they lie, each with its texts, and the texts that belong to none."""
    texts = [json.loads(line) for line in read_lines(folder, "texts.jsonl")]
    records, orphans, waiting = [], [], 0
    for body in read_lines(folder, "events.jsonl"):
        sequence = Record(body, []).sequence
        while waiting < len(texts) and 0 < texts[waiting]["sequence"] < sequence:
            orphans.append(texts[waiting])
            waiting += 1
        mine = []
        while waiting < len(texts) and texts[waiting]["sequence"] == sequence:
            mine.append(texts[waiting])
            waiting += 1
        records.append(Record(body, mine))
    return records, orphans + texts[waiting:]


class Verifier:
    def __init__(self, first, last, before):
        self.first, self.last, self.place = first, last, first
        self.tree, self.findings = before, []
        self.checkpoints, self.next, self.holding = [], 0, 0
        self.gaps, self.early, self.events, self.texts, self.absent, self.end = [], set(), 0, 0, 0, first - 1
        self.leaves, self.consistency, self.signed = [], [], 0

    def find(self, kind, start, end, words):
        self.findings.append({"kind": kind, "from": start, "to": max(start, end), "words": words})

    def open(self, notes, known, keys):
        before, self.keys = None, keys
        for i, note in enumerate(notes):
            size = max(claimed_size(note), 1)
            try:
                c = open_checkpoint(note, keys)
            except ValueError as error:
                self.find("bad_checkpoint", size, size, "checkpoint %d: %s" % (i + 1, error))
                continue
            if before and c.origin != before.origin:
                self.find("bad_checkpoint", c.size, c.size, "checkpoint %d is of another log" % (i + 1))
                continue
            if before and c.size <= before.size:
                self.find("bad_checkpoint", c.size, before.size,
                          "checkpoint %d, of %d events, comes after one of %d" % (i + 1, c.size, before.size))
                continue
            before = c
            self.checkpoints.append(c)
        for note in known:
            try:
                c = open_checkpoint(note, keys)
            except ValueError as error:
                self.find("bad_checkpoint", 1, 1, "a checkpoint from elsewhere: %s" % error)
                continue
            c.known = True
            self.checkpoints.append(c)
        self.checkpoints.sort(key=lambda c: c.size)
        self.reached()

    def reached(self):
        while self.next < len(self.checkpoints) and self.checkpoints[self.next].size <= self.tree.size:
            c = self.checkpoints[self.next]
            if c.size == self.tree.size:
                c.seen, c.holds = True, self.tree.root() == c.root
            self.next += 1

    def leaf(self, sequence):
        line = sequence - self.first
        return self.leaves[line] if 0 <= line < len(self.leaves) else None

    def grow(self, leaf):
        self.tree.append(leaf)
        self.reached()

    def skip(self, to):
        while self.tree.size + 1 < to and self.leaf(self.tree.size + 1) is not None:
            self.grow(self.leaf(self.tree.size + 1))

    def number(self, record):
        return record.sequence or self.place

    def run(self, records):
        held = None
        for r in records:
            self.events += 1
            self.texts += len(r.texts)
            self.absent += r.absent
            if held is not None:
                early, held = held, None
                self.misplaced(early, self.number(r))
            if self.number(r) > self.place:
                held = r
            else:
                self.settle(r)
        if held is not None:
            self.misplaced(held, -1)

    def misplaced(self, r, following):
        s = self.number(r)
        if following == self.place and s != following + 1 or s > self.last:
            self.find("inserted", self.place, self.place, "an event with the number %d was put in before event %d" % (s, self.place))
        elif following == self.place + 1 and following != s + 1:
            self.find("reordered", self.place, self.place, "event %d stands in the place of event %d" % (s, self.place))
            self.gaps.append((self.place, self.place))
            self.early.add(s)
            self.advance(self.place + 1)
            self.content(s, r)
        else:
            self.gaps.append((self.place, s - 1))
            self.skip(s)
            self.settle(r)

    def settle(self, r):
        s = self.number(r)
        if s >= self.place:
            self.end = s
            self.advance(s + 1)
        elif self.fill(s):
            self.find("reordered", s, s, "event %d stands in the place of event %d" % (s, self.place))
        else:
            self.find("inserted", s, s, "there is another event with the number %d, before event %d" % (s, self.place))
        self.content(s, r)

    def advance(self, to):
        self.place = to
        while self.place in self.early:
            self.end = max(self.end, self.place)
            self.early.remove(self.place)
            self.place += 1

    def fill(self, s):
        for i, (a, b) in enumerate(self.gaps):
            if a <= s <= b:
                self.gaps[i : i + 1] = [g for g in ((a, s - 1), (s + 1, b)) if g[0] <= g[1]]
                return True
        return False

    def content(self, s, r):
        leaf = self.leaf(s)
        if leaf is None:
            self.find("edited", s, s, "its leaf hash is missing")
        elif leaf != r.hash:
            self.find("edited", s, s, "its bytes were changed since they were hashed")
        if r.problem:
            self.find("edited", s, s, "it cannot be read: " + r.problem)
        elif r.text_problem:
            self.find("text_changed", s, s, r.text_problem)
        self.result(s, r)
        if leaf is not None and s == self.tree.size + 1:
            self.grow(leaf)

    def result(self, s, r):
        problem = closed_problem(r.closed, self.keys) if r.closed is not None else None
        if problem:
            self.find("bad_result", s, s, problem)

    def finish(self):
        for a, b in self.gaps:
            self.find("missing", a, b, "left out")
        end = self.place - 1
        if end < self.last:
            self.find("cut", self.place, self.last, "cut off at the end")
        elif end > self.last:
            self.find("inserted", self.last + 1, end, "put in after the end, which is event %d" % self.last)
        while self.leaf(self.tree.size + 1) is not None:
            self.grow(self.leaf(self.tree.size + 1))
        self.judge()

    def judge(self):
        holds = max([c.size for c in self.checkpoints if c.holds], default=0)
        self.signed, good, altered, short = holds, self.first - 1, False, False
        whole = self.place > self.last and not self.gaps and self.tree.size >= self.place - 1
        for c in self.checkpoints:
            if c.holds:
                self.holding += 1
                good = c.size
            elif c.size < self.first - 1:
                if any(consistent(p, c, later) for p in self.consistency for later in self.checkpoints if later.holds):
                    self.holding += 1
                else:
                    self.find("proof_fails", c.size, c.size,
                              "nothing proves that the log of %d events that was signed is the beginning of this one" % c.size)
            elif not c.seen and whole and not short:
                short = True
                if self.tree.size > good:
                    self.find("altered", max(good + 1, self.first), self.tree.size,
                              "the checkpoint that covers them cannot be compared")
                kind = "rolled_back" if c.known else "cut"
                self.find(kind, self.tree.size + 1, c.size, "a checkpoint was signed over more events than there are")
            elif not c.seen:
                pass  # something is missing before it, and was found
            elif c.size < holds:
                self.find("bad_checkpoint", c.size, c.size, "a signed checkpoint of %d events has a root of its own" % c.size)
            elif not altered:
                altered = True
                self.find("rolled_back" if c.known else "altered", max(good + 1, self.first), c.size,
                          "the log is not what was signed")

    def report(self):
        exact = [f for f in self.findings if f["kind"] not in ("altered", "bad_checkpoint", "bad_result", "text_changed")]
        kept = [f for f in self.findings
                if f["kind"] != "altered" or not any(f["from"] <= e["from"] <= f["to"] for e in exact)]
        kept.sort(key=lambda f: (f["from"], f["to"]))
        return {"events": self.events, "first": self.first, "last": self.end, "checkpoints": self.holding,
                "signed": self.signed, "texts": self.texts, "absent": self.absent, "findings": kept[:FINDINGS_AT_MOST]}


def decode_leaf(line):
    try:
        raw = base64.b64decode(line, validate=True)
    except ValueError:
        return None
    return raw if len(raw) == 32 and len(line) == 44 else None


def verify_selection(v, records, proofs):
    seen = 0
    for i, r in enumerate(records):
        v.events += 1
        v.texts += len(r.texts)
        v.absent += r.absent
        place = max(r.sequence, 1)
        v.end = max(v.end, place)
        if r.problem:
            place = seen + 1
            v.find("edited", place, place, "it cannot be read: " + r.problem)
        elif r.sequence <= seen:
            v.find("reordered", place, place, "it comes after event %d" % seen)
        elif r.text_problem:
            v.find("text_changed", place, place, r.text_problem)
        v.result(place, r)
        seen = max(seen, place)
        if i >= len(proofs):
            v.find("proof_fails", place, place, "there is no proof of it")
            continue
        for c in v.checkpoints:
            if proves(proofs[i], place, r, c):
                v.signed = max(v.signed, c.size)
                v.holding += not c.holds
                c.holds = True
                break
        else:
            v.find("proof_fails", place, place, "its proof does not lead to a signed root")
    for p in proofs[len(records):]:
        v.find("cut", p["sequence"], p["sequence"], "there is a proof of it, and the event is not there")


def proves(proof, place, record, checkpoint):
    if proof["sequence"] != place or proof["size"] != checkpoint.size or place > checkpoint.size:
        return False
    try:
        hashes = [base64.b64decode(h, validate=True) for h in proof["hashes"] or []]
        return inclusion_root(place - 1, checkpoint.size, record.hash, hashes) == checkpoint.root
    except ValueError:
        return False


def verify(folder, keys, known):
    with open(os.path.join(folder, "bundle.json"), encoding="utf-8") as f:
        header = json.load(f)
    if header["format"] != FORMAT:
        raise ValueError("its format is %r and this program knows %r" % (header["format"], FORMAT))
    first, last = header["first"], header["last"]
    if first < 1 or last < first - 1:
        raise ValueError("it cannot hold events %d to %d" % (first, last))
    notes = [json.loads(line) for line in read_lines(folder, "checkpoints.jsonl")]
    records, orphans = records_of(folder)
    if header.get("selection"):
        v = Verifier(1, last, Frontier(0, []))
        v.open(notes, known, keys)
        v.first, v.end = first, 0
        verify_selection(v, records, [json.loads(line) for line in read_lines(folder, "proofs.jsonl")])
    else:
        v = Verifier(first, last, Frontier(first - 1, [base64.b64decode(h) for h in header["before"] or []]))
        v.leaves = [decode_leaf(line) for line in read_lines(folder, "leaves.txt")]
        v.consistency = [json.loads(line) for line in read_lines(folder, "consistency.jsonl")]
        v.open(notes, known, keys)
        v.run(records)
        v.finish()
    if not v.findings:
        for text in orphans:
            v.find("text_changed", text["sequence"], text["sequence"], "there is a text of an event that is not there")
    return v.report()


# Signed folders: evidence, with a bundle in it.


def hash_files(folder):
    sums = {}
    for place, folders, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
            if path in ("manifest.sha256", "manifest.note"):
                continue
            if os.path.islink(os.path.join(place, name)):
                raise ValueError(path + " is no plain file")
            digest = hashlib.sha256()
            with open(os.path.join(place, name), "rb") as f:
                for part in iter(lambda: f.read(1 << 20), b""):
                    digest.update(part)
            sums[path] = digest.hexdigest()
    return sums


def verify_files(folder, keys):
    """How many files are what was signed, and which are not."""
    changed, files = [], 0

    def find(path, words):
        changed.append({"path": path, "words": words})

    with open(os.path.join(folder, "manifest.sha256"), "rb") as f:
        manifest = f.read()
    with open(os.path.join(folder, "manifest.note"), encoding="utf-8", newline="") as f:
        note = f.read()
    try:
        text, name = open_note(note, keys)
        if text != "hallpass-evidence/1\n%s\nsha256 %s\n" % (name, hashlib.sha256(manifest).hexdigest()):
            find("manifest.sha256", "it is not the list that was signed")
    except ValueError:
        find("manifest.note", "no trusted key signed it")
    sums = hash_files(folder)
    for line in manifest.decode(errors="replace").split("\n")[:-1]:
        said, separator, path = line.partition("  ")
        have = sums.pop(path, None)
        if not separator:
            find("manifest.sha256", "a line of it is no hash and path")
        elif have is None:
            find(path, "it is missing, or listed twice")
        elif have != said:
            find(path, "it was changed")
        else:
            files += 1
    for path in sorted(sums):
        find(path, "it was added")
    return files, changed


def verify_reviews(folder, keys):
    """What is wrong with the results of the closed reviews in a signed folder."""
    try:
        reviews = [json.loads(line) for line in read_lines(folder, "reviews.jsonl")]
        if any(not isinstance(r.get("state", ""), str) for r in reviews):
            raise ValueError("a state is no text")
        closed = [r for r in reviews if r.get("state") == "closed"]
        problems = [result_problem(r["id"], r.get("result"), keys) for r in closed]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, AttributeError):
        problems = ["a line of it cannot be read"]
    return [{"path": "reviews.jsonl", "words": words} for words in problems if words]


def verify_folder(folder, keys, known):
    """A bundle, or a signed folder with a bundle in it."""
    if not any(os.path.exists(os.path.join(folder, name)) for name in ("manifest.sha256", "manifest.note")):
        return verify(folder, keys, known)
    files, changed = verify_files(folder, keys)
    changed += verify_reviews(folder, keys)
    report = verify(os.path.join(folder, "log"), keys, known)
    if files:
        report["files"] = files
    if changed:
        report["changed_files"] = changed
    return report


# Reviews: the sample of a campaign, drawn again (review.md).

SENSITIVITIES = ("low", "medium", "high")  # anything else is reviewed whole


def moment(text):
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.datetime.strptime(text, form)


def member(event):
    """(request, stratum, whether all of it is reviewed, whether it was automatic), or None."""
    detail = event.get("detail") or {}
    if event["kind"] == "breakglass.opened":
        return event["request"], "break-glass", True, False
    if event["kind"] == "grant.adopted":
        return event["request"], "adopted access", True, False
    if event["kind"] != "request.decided" or detail.get("outcome") != "auto_approve":
        return None
    rules = sorted((p["id"] for p in event.get("policies") or [] if p["effect"] == "permit"), key=lambda r: r.encode())
    sensitivity = detail.get("sensitivity") or "unknown"
    return event["request"], " + ".join(rules) + " | " + sensitivity, sensitivity not in SENSITIVITIES, True


def sample_size(population, limit):
    """The smallest sample without a deviation that shows less than limit percent wrong, at 95%."""
    wrong = (population * limit + 99) // 100
    for n in range(1, population):
        if math.comb(population - wrong, n) * 100 <= math.comb(population, n) * 5:
            return n
    return population


def in_order(seed, requests):
    return sorted(requests, key=lambda r: hashlib.sha256((seed + "\n" + r).encode()).digest())


def redraw(folder, campaign, keys):
    """Prints the sample of a campaign; returns whether it is the one that was reviewed."""
    events = [json.loads(line) for line in read_lines(folder, "events.jsonl")]
    own = [e for e in events if (e.get("detail") or {}).get("campaign") == campaign]
    frozen = next((e for e in own if e["kind"] == "review.frozen"), None)
    drawn = next((e for e in own if e["kind"] == "review.drawn"), None)
    if frozen is None or drawn is None:
        raise ValueError("the bundle does not have the review %s" % campaign)
    plan = frozen["detail"]
    start, end = moment(plan["from"]), moment(plan["to"])
    members = {}
    for e in events:
        if e["sequence"] <= int(plan["size"]) and start <= moment(e["at"]) < end:
            m = member(e)
            if m is not None:
                members.setdefault(m[0], m)
    digest = hashlib.sha256("".join(r + "\n" for r in members).encode()).hexdigest()
    if len(members) != int(plan["population"]) or digest != plan["digest"]:
        raise ValueError("the population is not the one that was frozen")
    note = next(n for n in map(json.loads, read_lines(folder, "checkpoints.jsonl")) if claimed_size(n) >= frozen["sequence"])
    open_checkpoint(note, keys)
    seed = hashlib.sha256(note[: note.index("\n\n") + 1].encode()).hexdigest()
    strata = {}
    for request, name, whole, automatic in members.values():
        if plan["kind"] != "blind":
            strata.setdefault(name, [whole, []])[1].append(request)
        elif automatic:
            strata.setdefault("blind", [False, []])[1].append(request)
    sample = hashlib.sha256()
    for name in sorted(strata, key=lambda n: n.encode()):
        whole, requests = strata[name]
        size = len(requests) if whole else sample_size(len(requests), int(plan["limit"]))
        if plan["kind"] == "blind":
            size = min(int(plan["share"]), len(requests))
        for place, request in enumerate(in_order(seed, requests)[:size]):
            print("%s\t%d\t%s" % (name, place + 1, request))
            sample.update((name + "\t" + request + "\n").encode())
    if sample.hexdigest() != drawn["detail"]["sample"]:
        print("DIFFERENT: this sample is not the one that was reviewed")
        return False
    print("identical: this is the sample that was reviewed, %s" % sample.hexdigest())
    return True


def main():
    parser = argparse.ArgumentParser(description="Verifies bundles of Hallpass' audit log.")
    parser.add_argument("--key", required=True, help="file of public keys, one a line")
    parser.add_argument("--known", action="append", default=[], help="file with a signed checkpoint from elsewhere")
    parser.add_argument("--json", action="store_true", help="print one JSON report a bundle")
    parser.add_argument("--redraw", metavar="REVIEW", help="draw a review's sample again instead, from one bundle")
    parser.add_argument("bundle", nargs="+")
    args = parser.parse_args()
    try:
        with open(args.key, encoding="utf-8") as f:
            keys = read_keys(f.read())
        known = []
        for name in args.known:
            with open(name, encoding="utf-8", newline="") as f:
                known.append(f.read())
    except (OSError, ValueError) as error:
        print("verify.py:", error, file=sys.stderr)
        return 2
    if args.redraw:
        try:
            return 0 if redraw(args.bundle[0], args.redraw, keys) else 1
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            print("verify.py: %s" % error, file=sys.stderr)
            return 1
    sound = True
    for folder in args.bundle:
        try:
            report = verify_folder(folder, keys, known)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print("verify.py: %s cannot be read: %s" % (folder, error), file=sys.stderr)
            return 2
        wrong = report["findings"] or report.get("changed_files")
        sound = sound and not wrong
        if args.json:
            print(json.dumps(report))
            continue
        for f in report.get("changed_files", []):
            print("%s: %s: %s (file_changed)" % (folder, f["path"], f["words"]))
        if "files" in report:
            print("%s: %d files are as they were signed" % (folder, report["files"]))
        for f in report["findings"]:
            where = "event %d" % f["from"] if f["from"] == f["to"] else "events %d to %d" % (f["from"], f["to"])
            print("%s: %s: %s (%s)" % (folder, where, f["words"], f["kind"]))
        print("%s: %d events, %d to %d; signed up to %d by %d checkpoints; %d texts compared, %d absent: %s" % (
            folder, report["events"], report["first"], report["last"], report["signed"], report["checkpoints"],
            report["texts"], report["absent"], "NOT SOUND" if wrong else "sound"))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
