// intruder.c - a PMIx tool that tries what it must not be able to do: intruder URI
// attach|spawn|kill|query [NAMESPACE]
#include <pmix.h>
#include <pmix_tool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report(const char *what, pmix_status_t status) {
    printf("%s: %s\n", what, PMIx_Error_string(status));
    fflush(stdout);
    return status == PMIX_SUCCESS || status == PMIX_OPERATION_SUCCEEDED ? 0 : 10;
}

static int spawn(void) {
    pmix_app_t app;
    PMIX_APP_CONSTRUCT(&app);
    app.cmd = strdup("/bin/sleep");
    app.argv = calloc(3, sizeof(char *));
    app.argv[0] = strdup("sleep");
    app.argv[1] = strdup("601"); // the test looks for this number
    app.maxprocs = 1;
    pmix_info_t info;
    bool yes = true;
    PMIX_INFO_LOAD(&info, PMIX_NOTIFY_COMPLETION, &yes, PMIX_BOOL);
    pmix_nspace_t nspace;
    return report("spawn", PMIx_Spawn(&info, 1, &app, 1, nspace));
}

static int kill_job(const char *nspace) {
    pmix_proc_t job;
    PMIX_LOAD_PROCID(&job, nspace, PMIX_RANK_WILDCARD);
    pmix_info_t info;
    bool yes = true;
    PMIX_INFO_LOAD(&info, PMIX_JOB_CTRL_KILL, &yes, PMIX_BOOL);
    pmix_info_t *answer = NULL;
    size_t count = 0;
    return report("kill", PMIx_Job_control(&job, 1, &info, 1, &answer, &count));
}

static int query(void) {
    pmix_query_t query;
    PMIX_QUERY_CONSTRUCT(&query);
    query.keys = calloc(2, sizeof(char *));
    query.keys[0] = strdup(PMIX_QUERY_NAMESPACES);
    pmix_info_t *answer = NULL;
    size_t count = 0;
    return report("query", PMIx_Query_info(&query, 1, &answer, &count));
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    pmix_proc_t me;
    pmix_info_t info;
    PMIX_INFO_LOAD(&info, PMIX_SERVER_URI, argv[1], PMIX_STRING);
    int failed = report("attach", PMIx_tool_init(&me, &info, 1));
    if (failed) return failed;
    if (strcmp(argv[2], "spawn") == 0) failed = spawn();
    if (strcmp(argv[2], "kill") == 0) failed = kill_job(argc > 3 ? argv[3] : "");
    if (strcmp(argv[2], "query") == 0) failed = query();
    PMIx_tool_finalize();
    return failed;
}
