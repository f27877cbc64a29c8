package export

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// ocsfVersion is the version of the OCSF schema that bodies follow.
const ocsfVersion = "1.3.0"

// The OCSF classes of category 3, identity and access management, that are
// used. Source: schema.ocsf.io, entity_management and user_access.
const (
	entityManagement = 3004 // requests, approvals, policies, identities
	userAccess       = 3005 // access that is given and taken
)

// cloudEvent is the envelope. Source: CloudEvents 1.0.2, JSON format.
type cloudEvent struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Subject     string    `json:"subject,omitempty"`
	Time        time.Time `json:"time"`
	ContentType string    `json:"datacontenttype"`
	Data        ocsf      `json:"data"`
}

// ocsf is the body.
type ocsf struct {
	ClassUID    int             `json:"class_uid"`
	ClassName   string          `json:"class_name"`
	CategoryUID int             `json:"category_uid"`
	Category    string          `json:"category_name"`
	ActivityID  int             `json:"activity_id"`
	Activity    string          `json:"activity_name"`
	TypeUID     int             `json:"type_uid"`
	SeverityID  int             `json:"severity_id"`
	StatusID    int             `json:"status_id"`
	Time        int64           `json:"time"` // milliseconds since 1970
	Message     string          `json:"message"`
	Metadata    metadata        `json:"metadata"`
	Actor       actor           `json:"actor"`
	Entity      *entity         `json:"entity,omitempty"`     // class 3004
	User        *user           `json:"user,omitempty"`       // class 3005: who gets or loses access
	Privileges  []string        `json:"privileges,omitempty"` // class 3005
	Resource    *entity         `json:"resource,omitempty"`
	Unmapped    approvals.Event `json:"unmapped"` // the event itself
}

type metadata struct {
	Version     string  `json:"version"`
	UID         string  `json:"uid"`
	Sequence    int64   `json:"sequence"`
	Correlation string  `json:"correlation_uid,omitempty"`
	Product     product `json:"product"`
}

type product struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor_name"`
}

type actor struct {
	User *user  `json:"user,omitempty"`
	App  string `json:"app_name,omitempty"`
}

type user struct {
	UID string `json:"uid"`
}

type entity struct {
	UID  string `json:"uid"`
	Type string `json:"type"`
}

// activity is what a kind of event is in OCSF.
type activity struct {
	class, id int
	name      string
}

// activities names the kinds that change access; all others change an entity.
var activities = map[approvals.EventKind]activity{
	approvals.EventGrantActive:      {userAccess, 1, "Assign Privileges"},
	approvals.EventGrantExtended:    {userAccess, 1, "Assign Privileges"},
	approvals.EventGrantRevoked:     {userAccess, 2, "Revoke Privileges"},
	approvals.EventGrantResidual:    {userAccess, 2, "Revoke Privileges"},
	approvals.EventRequestDrafted:   {entityManagement, 1, "Create"},
	approvals.EventRequestSubmitted: {entityManagement, 1, "Create"},
	approvals.EventIdentityBound:    {entityManagement, 6, "Enroll"},
	approvals.EventIdentityBlocked:  {entityManagement, 12, "Suspend"},
	approvals.EventIdentityCleared:  {entityManagement, 13, "Resume"},
	approvals.EventTextErased:       {entityManagement, 4, "Delete"},
}

// failures are the kinds that say that something did not work.
var failures = map[approvals.EventKind]bool{
	approvals.EventGrantFailed: true, approvals.EventGrantRetried: true, approvals.EventGrantOverdue: true, approvals.EventActionRefused: true,
}

// Failed reports whether an event says that something did not work.
func Failed(e approvals.Event) bool { return failures[e.Kind] }

// CloudEvent renders an event as one CloudEvents JSON object with an OCSF body.
// Source names the log, for instance "/hallpass/audit.example.com".
func CloudEvent(e approvals.Event, source string) ([]byte, error) {
	a, ok := activities[e.Kind]
	if !ok {
		a = activity{entityManagement, 3, "Update"}
	}
	severity, status := 1, 1 // informational, success
	if Failed(e) {
		severity, status = 3, 2 // medium, failure
	}
	id := strconv.FormatInt(e.Sequence, 10)
	body := ocsf{
		ClassUID: a.class, CategoryUID: 3, Category: "Identity & Access Management", ActivityID: a.id, Activity: a.name,
		TypeUID: a.class*100 + a.id, SeverityID: severity, StatusID: status, Time: e.At.UnixMilli(), Message: sentence(e, nil),
		Metadata: metadata{Version: ocsfVersion, UID: id, Sequence: e.Sequence, Correlation: string(e.Request), Product: product{"Hallpass", "Hallpass"}},
		Actor:    actor{App: e.Actor.Via}, Unmapped: e,
	}
	if e.Actor.Principal != "" {
		body.Actor.User = &user{string(e.Actor.Principal)}
	}
	if a.class == userAccess {
		body.ClassName = "User Access Management"
		body.User, body.Privileges = &user{string(e.Beneficiary)}, []string{string(e.Entitlement)}
		body.Resource = &entity{string(e.Entitlement), "entitlement"}
	} else {
		body.ClassName = "Entity Management"
		body.Entity = entityOf(e)
	}
	return json.Marshal(cloudEvent{SpecVersion: "1.0", ID: id, Source: source, Type: "dev.hallpass." + string(e.Kind),
		Subject: subject(e), Time: e.At.UTC(), ContentType: "application/json", Data: body})
}

// entityOf is what an event is about.
func entityOf(e approvals.Event) *entity {
	switch {
	case strings.HasPrefix(string(e.Kind), "grant.") && e.Grant != "":
		return &entity{string(e.Grant), "grant"}
	case e.Request != "":
		return &entity{string(e.Request), "request"}
	case e.Version.Digest != "":
		return &entity{e.Version.Digest, "policy set"}
	case e.Beneficiary != "":
		return &entity{string(e.Beneficiary), "principal"}
	}
	return &entity{strconv.FormatInt(e.Sequence, 10), "event"}
}

func subject(e approvals.Event) string {
	if e.Grant != "" {
		return "grant/" + string(e.Grant)
	}
	if e.Request != "" {
		return "request/" + string(e.Request)
	}
	return ""
}
