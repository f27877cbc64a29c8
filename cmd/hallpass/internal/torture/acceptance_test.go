package torture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shown says what must be true of the ends of access when something goes wrong,
// and which tests show it, by the folder that they are in.
var shown = map[string]map[string]string{
	"killed at each effect boundary: nothing orphaned or doubled, and no message twice": {
		"cmd/hallpass/internal/torture": "TestProcessesThatAreKilledLoseNothingAndDoubleNothing",
		"approvals/lifecycle":           "TestCrashAtEveryBoundaryLosesNothingAndDoublesNothing TestWhateverHappensNothingIsLostDoubledOrLeftOpen"},
	"an extension: the new end is the only one, in systems too": {
		"cmd/hallpass/internal/torture": "TestProcessesThatAreKilledLoseNothingAndDoubleNothing",
		"approvals/lifecycle":           "TestASlowCallDoesNotBringTheOldEndBack"},
	"a system down for long: retried, told when 60 s overdue, clear within 10 s of recovery": {
		"cmd/hallpass/internal/torture": "TestOutageInRealTimeClearsWithinTenSeconds",
		"approvals/lifecycle":           "TestOutageOfSeventeenMinutesClearsWithinTenSeconds TestOverdueAccessIsToldOnceToOwnersAndOnceToAdmins"},
	"a system that says OK while access remains: never revoked": {
		"connectors/connectortest/example": "TestAcceptance13NeverRevokedWhileAccessRemains",
		"approvals/lifecycle":              "TestRevokedIsNeverSaidWhileAccessRemains"},
	"a session open at the end: ended, or said to live until when": {
		"connectors/awsidc":   "TestAcceptance14OpenSessionIsEndedOrSaidToLive",
		"approvals/lifecycle": "TestSessionThatCannotBeEndedIsResidualUntilItDies"},
	"overlapping grants: the last end removes, standing access survives": {
		"connectors/connectortest/example": "TestAcceptance15OverlappingGrantsAndStandingAccess",
		"approvals/lifecycle":              "TestOverlappingGrantsEndWithTheLast TestStandingAccessSurvivesEveryEnd"},
	"409 and 429: tried again with pauses, never final": { // and each connector's TestConformance
		"connectors/connectortest/example": "TestAcceptance16BusyIsNeverFinal",
		"connectors/scim":                  "TestStatusesMeanWhatTheyMeanToTheLifecycle TestConformance",
		"connectors/webhook":               "TestStatusesMeanWhatTheyMeanToTheLifecycle TestConformance",
		"connectors/awsidc":                "TestErrorCodesMeanWhatTheyMeanToTheLifecycle TestConformance",
		"approvals/lifecycle":              "TestRetryAfterIsHonoured"},
	"many that end in the same second: proved at the promised pace": {
		"approvals/lifecycle": "TestManyThatEndAtOnceAreProvedAtThePromisedPace"},
	"clocks that jump or are apart: nothing early, nothing late, one effect": {
		"approvals/lifecycle": "TestClockThatJumpsAheadEndsNothingTwiceAndNothingLate TestReplicasWithClocksApartMakeOneEffect"},
	"a restored backup: compared before anything acts, renewed grants kept, unknown access told": {
		"cmd/hallpass/internal/app": "TestARestoredBackupIsNoticedAtTheStart TestADatabaseThatGrewAfterItWasRestoredIsNoticed",
		"approvals/lifecycle":       "TestAfterARestoreOnlyWhatIsCertainEndsAndNothingIsGranted TestKnownEndsSurviveARestore TestWhatARestoredDatabaseGaveStays"},
	"an upgrade in the middle of grants: pending revocations survive": {
		"store": "TestPendingRevocationsSurviveAnUpgrade"},
	"access given by hand: told within one cycle": {
		"approvals/lifecycle": "TestAccessGivenByHandIsToldOnceWithinACycle"},
	"disk full, database read-only: grants refused, revocations journaled, nothing left without an end": {
		"store":                         "TestAccessEndsWhileTheDatabaseTakesNoWrites TestAccessThatCannotBeRecordedIsTakenBack TestDiskThatTakesNothingIsADatabaseThatTakesNoWrites",
		"cmd/hallpass/internal/torture": "TestWhatWasTakenAwayWithoutTheDatabaseSurvivesKills",
		"approvals/lifecycle":           "TestAccessIsTakenBackWhenTheDatabaseIsGoneBeforeItIsRecorded"},
	"break-glass with every approver asleep: at once, everybody told, unreviewed it escalates and blocks the next": {
		"approvals":           "TestBreakGlassOpensAtOnceAndTellsEverybody TestUnreviewedBreakGlassEscalatesUntilItIsReviewed TestOpenReviewSuspendsThePersonByEveryAccount",
		"approvals/lifecycle": "TestOpenReviewOfBreakGlassIsToldEveryDayUntilItIsClosed"},
	"a webhook aimed inside, by redirect or rebinding: blocked": {
		"connectors/outbound": "TestAcceptance29PrivateAddressIsNeverConnectedTo TestAcceptance29RedirectIsNotFollowed TestAcceptance29NameThatIsReboundGainsNothing",
		"connectors/webhook":  "TestAcceptance29AddressInsideIsBlockedUnlessAllowed"},
	"a directory a day old, empty or half there: nobody loses or gains access by it": {
		"connectors/directory":      "TestAcceptance32AnySource",
		"connectors/scim":           "TestAcceptance32SCIM",
		"connectors/awsidc":         "TestAcceptance32IdentityStore",
		"connectors/postgres":       "TestAcceptance32PostgreSQL",
		"connectors/peoplefile":     "TestAcceptance32YAML TestAcceptance32CSV",
		"cmd/hallpass/internal/app": "TestAcceptance32HalfADirectoryIsRefusedAndTold"},
	"two holdings of one role through different entitlements: independent ends": {
		"connectors/postgres": "TestAcceptance34TwoEntitlementsToOneRoleEndIndependently",
		"approvals/lifecycle": "TestDifferentHoldingsEndIndependently"},
}

func TestWhatIsSaidToBeShownHasItsTests(t *testing.T) {
	t.Parallel()
	code := map[string]string{}
	for what, folders := range shown {
		for folder, names := range folders {
			if code[folder] == "" {
				code[folder] = tests(t, filepath.Join("../../../..", folder))
			}
			for name := range strings.FieldsSeq(names) {
				if !strings.Contains(code[folder], "\nfunc "+name+"(t *testing.T) {") {
					t.Errorf("%s: %s has no %s", what, folder, name)
				}
			}
		}
	}
}

// tests are the test files of a folder, one after the other.
func tests(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
