package notary

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hallpass-dev/hallpass/store"
)

// Bucket keeps each checkpoint as an object of an S3-compatible bucket that has
// object lock: nobody can change or delete it until Retain has passed, in
// compliance mode not even the account's owner.
type Bucket struct {
	Client     *s3.Client
	Bucket     string
	Prefix     string        // of the objects' names, for instance "hallpass/"
	Retain     time.Duration // how long each is locked; zero: 7 years
	Governance bool          // lock in governance mode, which some may lift; else compliance
}

// bucketRetain is for how long checkpoints are locked unless said otherwise.
const bucketRetain = 7 * 366 * 24 * time.Hour

// noteAtMost bounds what is read of one object.
const noteAtMost = 1 << 16

// Name implements Anchor.
func (b Bucket) Name() string { return "the bucket " + b.Bucket + "/" + b.Prefix }

// Put implements Anchor.
func (b Bucket) Put(ctx context.Context, c store.SignedCheckpoint) error {
	retain, mode := b.Retain, types.ObjectLockModeCompliance
	if retain <= 0 {
		retain = bucketRetain
	}
	if b.Governance {
		mode = types.ObjectLockModeGovernance
	}
	_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Bucket, Key: aws.String(b.Prefix + fileName(c.Size)), Body: bytes.NewReader(c.Note),
		ContentType: aws.String("text/plain; charset=utf-8"), IfNoneMatch: aws.String("*"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ObjectLockMode: mode, ObjectLockRetainUntilDate: aws.Time(c.At.Add(retain).UTC()),
	})
	switch status(err) {
	case 0:
		if err != nil {
			return unreachable("The bucket does not answer.", err)
		}
		return nil
	case http.StatusPreconditionFailed: // it is there: another replica was faster, or an answer was lost
		return b.same(ctx, c)
	case http.StatusForbidden, http.StatusUnauthorized:
		return unreachable("The bucket refuses these credentials; they need s3:PutObject, s3:PutObjectRetention, s3:GetObject and s3:ListBucket.", err)
	default:
		return unreachable("The bucket refuses the checkpoint. Check that it exists and that object lock is on.", err)
	}
}

// status is the HTTP status of a failed call; 0: there was none.
func status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// same checks that what is there is what was to be put there.
func (b Bucket) same(ctx context.Context, c store.SignedCheckpoint) error {
	there, err := b.read(ctx, b.Prefix+fileName(c.Size))
	if err != nil {
		return unreachable("The bucket holds a checkpoint that can't be read.", err)
	}
	if !bytes.Equal(there, c.Note) {
		return unreachable("The bucket holds another checkpoint of as many events: another replica signed it, or the log has two histories.", nil)
	}
	return nil
}

func (b Bucket) read(ctx context.Context, key string) ([]byte, error) {
	object, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(object.Body, noteAtMost))
	return text, errors.Join(err, object.Body.Close())
}

// Beyond implements Anchor.
func (b Bucket) Beyond(ctx context.Context, size int64) ([]byte, error) {
	page, err := b.Client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &b.Bucket, Prefix: &b.Prefix, StartAfter: aws.String(b.Prefix + fileName(size)), MaxKeys: aws.Int32(1)})
	if err != nil {
		return nil, unreachable("The bucket can't be listed.", err)
	}
	if len(page.Contents) == 0 || page.Contents[0].Key == nil {
		return nil, nil
	}
	return b.read(ctx, *page.Contents[0].Key)
}
