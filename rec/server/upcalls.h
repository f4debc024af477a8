#pragma once
// What libpmix calls us for. Every function runs on libpmix's thread. PMIX_SUCCESS
// promises that the callback will be called, PMIX_OPERATION_SUCCEEDED that it will not:
// mixing them up hangs the peer. The list of files that define these is the list of what
// we serve.

#include <pmix_server.h>

namespace px::server {

pmix_server_module_t &upcall_module();

// connect.cpp
pmix_status_t on_client_connected(const pmix_proc_t *, void *, pmix_info_t[], size_t,
                                  pmix_op_cbfunc_t, void *);
pmix_status_t on_client_finalized(const pmix_proc_t *, void *, pmix_op_cbfunc_t, void *);
pmix_status_t on_connect(const pmix_proc_t[], size_t, const pmix_info_t[], size_t,
                         pmix_op_cbfunc_t, void *);
void on_tool_connected(pmix_info_t *, size_t, pmix_tool_connection_cbfunc_t, void *);
// abort.cpp
pmix_status_t on_abort(const pmix_proc_t *, void *, int, const char[], pmix_proc_t[],
                       size_t, pmix_op_cbfunc_t, void *);
// exchange.cpp
pmix_status_t on_fence(const pmix_proc_t[], size_t, const pmix_info_t[], size_t, char *,
                       size_t, pmix_modex_cbfunc_t, void *);
pmix_status_t on_direct_modex(const pmix_proc_t *, const pmix_info_t[], size_t,
                              pmix_modex_cbfunc_t, void *);
// publish.cpp
pmix_status_t on_publish(const pmix_proc_t *, const pmix_info_t[], size_t,
                         pmix_op_cbfunc_t, void *);
pmix_status_t on_lookup(const pmix_proc_t *, char **, const pmix_info_t[], size_t,
                        pmix_lookup_cbfunc_t, void *);
pmix_status_t on_unpublish(const pmix_proc_t *, char **, const pmix_info_t[], size_t,
                           pmix_op_cbfunc_t, void *);
// spawn.cpp
pmix_status_t on_spawn(const pmix_proc_t *, const pmix_info_t[], size_t,
                       const pmix_app_t[], size_t, pmix_spawn_cbfunc_t, void *);
// events.cpp
pmix_status_t on_register_events(pmix_status_t *, size_t, const pmix_info_t[], size_t,
                                 pmix_op_cbfunc_t, void *);
pmix_status_t on_deregister_events(pmix_status_t *, size_t, pmix_op_cbfunc_t, void *);
pmix_status_t on_notify(pmix_status_t, const pmix_proc_t *, pmix_data_range_t,
                        pmix_info_t[], size_t, pmix_op_cbfunc_t, void *);
// io.cpp
pmix_status_t on_iof_pull(const pmix_proc_t[], size_t, const pmix_info_t[], size_t,
                          pmix_iof_channel_t, pmix_op_cbfunc_t, void *);
pmix_status_t on_stdin(const pmix_proc_t *, const pmix_proc_t[], size_t,
                       const pmix_info_t[], size_t, const pmix_byte_object_t *,
                       pmix_op_cbfunc_t, void *);
// control.cpp
pmix_status_t on_job_control(const pmix_proc_t *, const pmix_proc_t[], size_t,
                             const pmix_info_t[], size_t, pmix_info_cbfunc_t, void *);
// query.cpp
pmix_status_t on_query(pmix_proc_t *, pmix_query_t *, size_t, pmix_info_cbfunc_t, void *);

} // namespace px::server
