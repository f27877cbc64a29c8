// Package storetest is the conformance suite of package store: what holds on
// one engine holds on the other. It also makes the sample values that tests
// and benchmarks of other packages may start from.
//
// It must never be imported by code that ships.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// Epoch is when the samples happen: a Saturday evening, with milliseconds.
var Epoch = time.Date(2026, 11, 21, 18, 30, 15, 123_000_000, time.UTC)

// Opener opens a migrated, empty store that is closed when the test ends.
type Opener func(tb testing.TB) *store.Store

// Run runs the whole suite against the stores that open makes.
func Run(t *testing.T, open Opener) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *store.Store)
	}{
		{"EveryFieldReadsBack", everyFieldReadsBack},
		{"RequestReadsBackAsStored", requestReadsBack},
		{"GrantReadsBackAsStored", grantReadsBack},
		{"DecisionKeepsTheFactsDigest", decisionKeepsDigest},
		{"ApprovalsKeepTheirOrder", approvalsKeepOrder},
		{"BindingsAreFoundBothWays", bindingsFound},
		{"SecondSummaryReplacesTheFirst", summaryReplaced},
		{"CommentsKeepTheirOrder", commentsKeepOrder},
		{"StaleVersionConflicts", staleVersionConflicts},
		{"TakenKeysAreDuplicates", takenKeysAreDuplicates},
		{"IdentifiersAreCaseSensitive", identifiersAreCaseSensitive},
		{"TimesAreInstantsInMilliseconds", timesAreInstants},
		{"MissingThingsAreNotFound", missingThingsAreNotFound},
		{"HostileTextIsRefusedOrKept", hostileText},
		{"FailedChangeLeavesNothing", failedChangeLeavesNothing},
		{"ChangeWithoutEventIsRefused", changeWithoutEventIsRefused},
		{"EventsAreGaplessUnderConcurrency", eventsAreGapless},
		{"EventsFilterAndPage", eventsFilterAndPage},
		{"OneOfManyConcurrentSwapsWins", oneSwapWins},
		{"LearnedPagesNeverCutASequence", learnedPages},
		{"LearnedIsReplayedAtOnce", learnedReplayed},
		{"HoldersAreListedAndGranted", holders},
		{"NewsOfDecisionsAndHolders", news},
		{"PendingRequestsAndAwaitedAnswers", pendingAndAwaited},
		{"FailingGrantsAreThoseTriedAgain", failingListed},
		{"RequestsByPerson", requestsByPerson},
		{"AutomaticApprovalsAreCounted", automaticApprovals},
		{"LiveGrantsLeaveOutWhatEnded", liveGrants},
		{"DueAndOverdueGrants", dueAndOverdue},
		{"GrantPagesVisitEachOnce", grantPages},
		{"LostTasksAreFound", adrift},
		{"HoldingsAreReplaced", holdingsReplaced},
		{"TaskLifeCycle", taskLifeCycle},
		{"TasksComeOldestFirst", tasksOldestFirst},
		{"NoTaskIsClaimedTwice", noTaskClaimedTwice},
		{"ExpiredLeaseIsClaimedAgainAndFenced", expiredLease},
		{"PutAndCancelTakeTheLeaseAway", putAndCancel},
		{"TicksAreFreshOnce", ticks},
		{"OnlyATaskThatNobodyHoldsIsHastened", hastened},
		{"NextTaskSeesLeases", nextTask},
		{"NoticesKeepTheirOrder", noticesKeepOrder},
		{"NoticesWaitBehindTheirFirst", noticesWaitBehindTheirFirst},
		{"HomeTabsComeLastAndOnce", homesComeLast},
		{"NoticeOfACrashedSenderIsMarked", noticeSending},
		{"FinishedNoticeRemembersItsMessage", noticeMessage},
		{"LaterNoticeSupersedes", laterNoticeSupersedes},
		{"MessageIsFoundByItsPlace", messageAt},
		{"InboundIsReceivedOnce", inboundOnce},
		{"InboundKeepsItsOrder", inboundOrder},
		{"LivingProcessKeepsItsLeases", ownLeasesStay},
		{"PruneForgetsOldWork", prune},
		{"DirectoryIsKept", directoryKept},
		{"FirstDecisionsComeOnceEach", firstDecisions},
		{"PastDecisionsComeWithWhatBecameOfThem", pastDecisions},
		{"PastGrantsComeByPerson", pastGrants},
		{"PastEndsComeInOrder", pastEnds},
		{"ReviewsOfBreakGlassAreKept", breakGlassKept},
		{"OpenReviewSuspendsItsPerson", breakGlassSuspends},
		{"BreakGlassIsNoDecisionToReplay", breakGlassIsNotReplayed},
		{"LostReviewsAreFound", breakGlassAdrift},
		{"DriftIsKept", driftKept},
		{"DriftIsListed", driftListed},
		{"BaselinesAreReplaced", baselinesReplaced},
		{"EndedGrantsAndListsAreFound", endedAndListed},
		{"RestoresAreKept", restoresKept},
		{"JournalEntriesAreMergedOnce", journalMergedOnce},
		{"CampaignsAndTheirItemsAreKept", campaignsKept},
		{"AutomaticDecisionsAreListedWithWhatIsKept", automaticListed},
		{"LawsStayAsTheyWere", lawsStay},
		{"BudgetsAreNeverOverdrawn", budgetsHold},
		{"BudgetsOfDaysThatAreOverAreForgotten", budgetsAreForgotten},
		{"BundlesAreFound", bundlesAreFound},
		{"WaitingPagesVisitEachOnce", waitingPages},
		{"HoldingsOfAPersonAreFound", holdingsOfPeople},
		{"WhatBeginsLaterIsNotLost", laterStartsAreNotLost},
		{"WakeClosesAtApplyAndReceive", wake},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// check fails the test for an unexpected error.
func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// must fails the test for an unexpected error, and passes the value on.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		check(tb, err)
		return v
	}
}

// same compares; empty and nil lists are one.
func same(tb testing.TB, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		tb.Errorf("-want +got\n%s", diff)
	}
}

// code checks the code of an error.
func code(tb testing.TB, want approvals.Code, err error) {
	tb.Helper()
	if got := approvals.ErrorCode(err); got != want {
		tb.Errorf("code = %q, want %q: %v", got, want, err)
	}
}

// apply stores a change that must succeed.
func apply(tb testing.TB, s *store.Store, c approvals.Change) {
	tb.Helper()
	check(tb, s.Apply(context.Background(), c))
}

func ids(rs []approvals.Request) (all []approvals.RequestID) {
	for _, r := range rs {
		all = append(all, r.ID)
	}
	return all
}

func grantIDs(gs []approvals.Grant) (all []approvals.GrantID) {
	for _, g := range gs {
		all = append(all, g.ID)
	}
	return all
}
