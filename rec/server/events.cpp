// events.cpp - events of processes; the library itself brings them to those who listen on
// this node, which are all there are.
#include "rec/server/upcalls.h"

namespace px::server {

pmix_status_t on_register_events(pmix_status_t *, size_t, const pmix_info_t[], size_t,
                                 pmix_op_cbfunc_t, void *) {
    return PMIX_OPERATION_SUCCEEDED;
}

pmix_status_t on_deregister_events(pmix_status_t *, size_t, pmix_op_cbfunc_t, void *) {
    return PMIX_OPERATION_SUCCEEDED;
}

// Called for our own job ends too: passing them on again would go round for ever.
pmix_status_t on_notify(pmix_status_t, const pmix_proc_t *, pmix_data_range_t,
                        pmix_info_t[], size_t, pmix_op_cbfunc_t, void *) {
    return PMIX_OPERATION_SUCCEEDED;
}

} // namespace px::server
