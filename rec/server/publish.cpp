// publish.cpp - PMIx_Publish, PMIx_Lookup, PMIx_Unpublish. MPI_Comm_spawn of Open MPI 5
// exchanges its ports this way, and waits for them (PMIX_WAIT).
#include "pxlaunch/pmix/info.h"
#include "rec/server/host.h"
#include "rec/server/shift.h"
#include "rec/server/upcalls.h"

#include <cstdlib>

namespace px::server {

namespace {

// The value outlives the upcall: in a pmix_info_t of its own.
Store::Value copy_of(const pmix_info_t &info) {
    auto *copy = static_cast<pmix_info_t *>(std::calloc(1, sizeof(pmix_info_t)));
    PMIX_INFO_XFER(copy, &info);
    return {copy, [](void *held) {
                auto *value = static_cast<pmix_info_t *>(held);
                PMIX_INFO_DESTRUCT(value);
                std::free(held);
            }};
}

void answer_lookup(const std::vector<Store::Found> &found, pmix_status_t if_none,
                   pmix_lookup_cbfunc_t answer, void *data) {
    if (found.empty()) return answer(if_none, nullptr, 0, data);
    pmix_pdata_t *list = nullptr;
    PMIX_PDATA_CREATE(list, found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        list[i].proc = pmix::proc(found[i].publisher.nspace, found[i].publisher.rank);
        PMIX_LOAD_KEY(list[i].key, found[i].key.c_str());
        auto *from = &static_cast<pmix_info_t *>(found[i].value.get())->value;
        auto *to = &list[i].value;
        pmix_status_t status = PMIX_SUCCESS;
        PMIX_VALUE_XFER(status, to, from);
        (void)status;
    }
    answer(PMIX_SUCCESS, list, found.size(), data);
    PMIX_PDATA_FREE(list, found.size());
}

bool is_for_one(const pmix_info_t infos[], std::size_t count) {
    for (const auto &info : pmix::InfoView(infos, count)) {
        if (PMIX_CHECK_KEY(&info, PMIX_PERSISTENCE) && info.value.type == PMIX_PERSIST) {
            return info.value.data.persist == PMIX_PERSIST_FIRST_READ;
        }
    }
    return false;
}

} // namespace

pmix_status_t on_publish(const pmix_proc_t *who, const pmix_info_t infos[], size_t count,
                         pmix_op_cbfunc_t answer, void *data) {
    std::vector<std::pair<std::string, Store::Value>> values;
    for (const auto &info : pmix::InfoView(infos, count)) {
        const std::string key(info.key);
        const bool directive = PMIX_CHECK_KEY(&info, PMIX_RANGE) ||
                               PMIX_CHECK_KEY(&info, PMIX_PERSISTENCE) ||
                               PMIX_CHECK_KEY(&info, PMIX_USERID) ||
                               PMIX_CHECK_KEY(&info, PMIX_GRPID) ||
                               PMIX_CHECK_KEY(&info, PMIX_TIMEOUT);
        if (!directive) values.emplace_back(key, copy_of(info));
    }
    const jobs::Peer peer{who->nspace, who->rank};
    const auto readers =
        is_for_one(infos, count) ? Store::For::first_reader : Store::For::all;
    Host::current().loop.post([=] {
        bool all = true;
        for (const auto &[key, value] : values) {
            all = Host::current().store.publish(peer, key, value, readers) && all;
        }
        const auto status = all ? PMIX_SUCCESS : PMIX_ERR_DUPLICATE_KEY;
        on_pmix_thread([=] { answer(status, data); });
    });
    return PMIX_SUCCESS;
}

pmix_status_t on_lookup(const pmix_proc_t *who, char **keys, const pmix_info_t infos[],
                        size_t count, pmix_lookup_cbfunc_t answer, void *data) {
    const jobs::Peer peer{who->nspace, who->rank};
    const auto wanted = pmix::from_argv(keys);
    const pmix::InfoView view(infos, count);
    const bool wait = view.has(PMIX_WAIT);
    const auto seconds = wait ? view.number(PMIX_TIMEOUT).value_or(0) : 0;
    const auto if_none = seconds > 0 ? PMIX_ERR_TIMEOUT : PMIX_ERR_NOT_FOUND;
    Host::current().loop.post([=] {
        Host &host = Host::current();
        const auto number =
            host.store.look_up(peer, wanted, wait, [=](const auto &found) {
                on_pmix_thread([=] { answer_lookup(found, if_none, answer, data); });
            });
        if (number == 0 || seconds <= 0) return;
        host.loop.after(std::chrono::seconds(seconds),
                        [&host, number] { host.store.give_up(number); });
    });
    return PMIX_SUCCESS;
}

pmix_status_t on_unpublish(const pmix_proc_t *who, char **keys, const pmix_info_t[],
                           size_t, pmix_op_cbfunc_t answer, void *data) {
    const jobs::Peer peer{who->nspace, who->rank};
    const auto names = pmix::from_argv(keys);
    Host::current().loop.post([=] {
        Host::current().store.unpublish(peer, names);
        on_pmix_thread([=] { answer(PMIX_SUCCESS, data); });
    });
    return PMIX_SUCCESS;
}

} // namespace px::server
