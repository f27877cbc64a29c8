package notary_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/notary"
	"golang.org/x/mod/sumdb/note"
)

// signed is a checkpoint of a size.
func signed(tb testing.TB, key note.Signer, size int64) store.SignedCheckpoint {
	tb.Helper()
	at := time.Date(2026, 11, 22, 1, 0, int(size), 0, time.UTC)
	text, err := auditlog.Checkpoint{Origin: logName, Size: size, Root: auditlog.Hash{byte(size)}, At: at}.Sign(key)
	if err != nil {
		tb.Fatal(err)
	}
	return store.SignedCheckpoint{Size: size, At: at, Note: text}
}

// keeps checks what holds for every anchor that can be read.
func keeps(t *testing.T, a notary.Anchor) {
	t.Helper()
	key, _ := signer(t, logName)
	if found, err := a.Beyond(t.Context(), 0); err != nil || found != nil {
		t.Errorf("empty, it holds %q, %v", found, err)
	}
	three, seven := signed(t, key, 3), signed(t, key, 7)
	for _, c := range []store.SignedCheckpoint{three, three, seven} {
		if err := a.Put(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for size, want := range map[int64][]byte{7: nil, 8: nil, 6: seven.Note} {
		found, err := a.Beyond(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(found)); diff != "" {
			t.Errorf("beyond %d, -want +got\n%s", size, diff)
		}
	}
}

func TestFolderKeepsCheckpoints(t *testing.T) {
	t.Parallel()
	f := notary.Folder{Path: filepath.Join(t.TempDir(), "far", "away")}
	keeps(t, f)
	key, _ := signer(t, logName)
	if err := f.Put(t.Context(), signed(t, key, 7)); err == nil || !strings.Contains(approvals.ErrorMessage(err), "two histories") {
		t.Errorf("another checkpoint of as many events: %v", err)
	}
	if err := (notary.Folder{Path: "/dev/null/x"}).Put(t.Context(), signed(t, key, 1)); approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("a folder that cannot be: %v", err)
	}
}

func git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestRepositoryKeepsCheckpointsInItsHistory(t *testing.T) {
	t.Parallel()
	r := notary.Repository{Path: filepath.Join(t.TempDir(), "evidence")}
	keeps(t, r)
	if diff := cmp.Diff("audit log: 7 events\naudit log: 3 events\n", git(t, "-C", r.Path, "log", "--format=%s")); diff != "" {
		t.Error(diff)
	}
}

func TestReplicasPushToOneRepository(t *testing.T) {
	t.Parallel()
	remote := filepath.Join(t.TempDir(), "remote.git")
	git(t, "init", "--quiet", "--bare", "--initial-branch", "main", remote)
	key, _ := signer(t, logName)
	a := notary.Repository{Path: t.TempDir() + "/a", Remote: remote}
	b := notary.Repository{Path: t.TempDir() + "/b", Remote: remote}
	for i, r := range []notary.Repository{a, b, a, b} {
		if err := r.Put(t.Context(), signed(t, key, int64(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	want := "audit log: 4 events\naudit log: 3 events\naudit log: 2 events\naudit log: 1 events\n"
	if diff := cmp.Diff(want, git(t, "-C", remote, "log", "--format=%s", "main")); diff != "" {
		t.Error(diff)
	}
	if found, err := a.Beyond(t.Context(), 3); err != nil || !strings.Contains(string(found), "\n4\n") {
		t.Errorf("what the other replica pushed: %q, %v", found, err)
	}
	gone := notary.Repository{Path: t.TempDir() + "/c", Remote: filepath.Join(t.TempDir(), "nowhere")}
	if err := gone.Put(t.Context(), signed(t, key, 5)); approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("a remote that is not there: %v", err)
	}
}

// s3double is an S3 bucket with object lock, as far as an anchor needs one. It
// is as strict as S3: a lock needs a checksum, and nothing is replaced.
type s3double struct {
	tb      testing.TB
	mu      sync.Mutex
	objects map[string]string
	refuse  int // status of every answer; 0: none
}

func (d *s3double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/evidence/")
	_, there := d.objects[key]
	switch {
	case d.refuse != 0:
		w.WriteHeader(d.refuse)
	case r.Method == http.MethodPut && there && r.Header.Get("If-None-Match") == "*":
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == http.MethodPut:
		d.put(w, r, key)
	case r.Method == http.MethodGet && r.URL.Query().Has("list-type"):
		d.list(w, r)
	case r.Method == http.MethodGet && there:
		_, _ = io.WriteString(w, d.objects[key])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (d *s3double) put(w http.ResponseWriter, r *http.Request, key string) {
	until, err := time.Parse(time.RFC3339, r.Header.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	switch {
	case r.Header.Get("X-Amz-Object-Lock-Mode") != "COMPLIANCE":
		d.tb.Errorf("%s is locked in mode %q", key, r.Header.Get("X-Amz-Object-Lock-Mode"))
	case err != nil || until.Before(time.Date(2033, 11, 22, 0, 0, 0, 0, time.UTC)):
		d.tb.Errorf("%s is locked until %v, %v; want seven years", key, until, err)
	case r.Header.Get("X-Amz-Checksum-Sha256") == "" && r.Header.Get("X-Amz-Trailer") == "":
		d.tb.Errorf("%s comes without a checksum", key)
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256"):
		d.tb.Errorf("%s is not signed", key)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.tb.Error(err)
	}
	text := string(body)
	if strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") { // SIZE\r\nTEXT\r\n0\r\n…
		_, text, _ = strings.Cut(text, "\r\n")
		text, _, _ = strings.Cut(text, "\r\n0\r\n")
	}
	d.objects[key] = text
	w.WriteHeader(http.StatusOK)
}

func (d *s3double) list(w http.ResponseWriter, r *http.Request) {
	type object struct{ Key string }
	var answer struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []object
	}
	for key := range d.objects {
		if key > r.URL.Query().Get("start-after") && strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			answer.Contents = append(answer.Contents, object{key})
		}
	}
	slices.SortFunc(answer.Contents, func(a, b object) int { return strings.Compare(a.Key, b.Key) })
	answer.Contents = answer.Contents[:min(1, len(answer.Contents))]
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer)
}

// bucket is an anchor in the double.
func bucket(t *testing.T) (notary.Bucket, *s3double) {
	t.Helper()
	d := &s3double{tb: t, objects: map[string]string{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		BaseEndpoint: &server.URL, UsePathStyle: true, Region: "eu-central-1", HTTPClient: server.Client(), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "only-for-this-test"}, nil
		}),
	})
	return notary.Bucket{Client: client, Bucket: "evidence", Prefix: "hallpass/"}, d
}

func TestBucketKeepsCheckpointsUnderObjectLock(t *testing.T) {
	t.Parallel()
	b, d := bucket(t)
	keeps(t, b)
	key, _ := signer(t, logName)
	if err := b.Put(t.Context(), signed(t, key, 7)); err == nil || !strings.Contains(approvals.ErrorMessage(err), "two histories") {
		t.Errorf("another checkpoint of as many events: %v", err)
	}
	for status, words := range map[int]string{403: "credentials", 400: "object lock", 500: "object lock"} {
		d.mu.Lock()
		d.refuse = status
		d.mu.Unlock()
		err := b.Put(t.Context(), signed(t, key, 9))
		if !strings.Contains(approvals.ErrorMessage(err), words) || strings.Contains(fmt.Sprint(err), "only-for-this-test") {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestChannelGetsOneCheckpointAnHour(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	key, _ := signer(t, logName)
	c := &notary.Channel{ID: "C7", Log: s}
	for _, size := range []int64{1, 2, 3} {
		if err := c.Put(t.Context(), signed(t, key, size)); err != nil {
			t.Fatal(err)
		}
	}
	later := signed(t, key, 4)
	later.At = later.At.Add(time.Hour)
	if err := c.Put(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	leases, err := s.ClaimNotices(t.Context(), time.Now().Add(time.Hour), time.Minute, 10)
	if err != nil || len(leases) != 1 {
		t.Fatalf("%d notices at once, %v; want one after the other", len(leases), err)
	}
	first := leases[0]
	if first.Kind != approvals.NoticeCheckpoint || first.Channel != "C7" || first.Words != string(signed(t, key, 1).Note) || first.Slot != "checkpoint/C7/2026-11-22T01:00:00Z" {
		t.Errorf("posted %+v", first.Notice)
	}
	if err := s.FinishNotice(t.Context(), first, nil); err != nil {
		t.Fatal(err)
	}
	if leases, err = s.ClaimNotices(t.Context(), time.Now().Add(time.Hour), time.Minute, 10); err != nil || len(leases) != 1 || leases[0].Words != string(later.Note) {
		t.Errorf("an hour later: %+v, %v", leases, err)
	}
}
