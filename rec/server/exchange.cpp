// exchange.cpp - collective and direct exchange of data. On one node the library has all
// the data itself; we are asked only where processes of several namespaces take part.
#include "rec/server/upcalls.h"

namespace px::server {

pmix_status_t on_fence(const pmix_proc_t[], size_t, const pmix_info_t[], size_t,
                       char *bytes, size_t size, pmix_modex_cbfunc_t answer, void *data) {
    if (answer != nullptr) answer(PMIX_SUCCESS, bytes, size, data, nullptr, nullptr);
    return PMIX_SUCCESS;
}

pmix_status_t on_direct_modex(const pmix_proc_t *, const pmix_info_t[], size_t,
                              pmix_modex_cbfunc_t, void *) {
    return PMIX_ERR_NOT_FOUND; // there is no other node that could have it
}

} // namespace px::server
