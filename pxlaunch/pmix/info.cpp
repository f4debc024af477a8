// info.cpp - building and reading lists of pmix_info_t.
#include "pxlaunch/pmix/info.h"

#include <cstdlib>
#include <cstring>

namespace px::pmix {

InfoList::~InfoList() {
    for (auto &info : infos_) PMIX_INFO_DESTRUCT(&info);
}

InfoList &InfoList::add(const char *key, const void *value, pmix_data_type_t type) {
    pmix_info_t info;
    PMIX_INFO_CONSTRUCT(&info);
    PMIX_INFO_LOAD(&info, key, const_cast<void *>(value), type);
    infos_.push_back(info);
    return *this;
}

InfoList &InfoList::flag(const char *key, bool value) {
    return add(key, &value, PMIX_BOOL);
}
InfoList &InfoList::text(const char *key, const std::string &value) {
    return add(key, value.c_str(), PMIX_STRING);
}
InfoList &InfoList::regex(const char *key, const char *value) {
    return add(key, value, PMIX_REGEX);
}
InfoList &InfoList::integer(const char *key, int value) {
    return add(key, &value, PMIX_INT);
}
InfoList &InfoList::u16(const char *key, std::uint16_t value) {
    return add(key, &value, PMIX_UINT16);
}
InfoList &InfoList::u32(const char *key, std::uint32_t value) {
    return add(key, &value, PMIX_UINT32);
}
InfoList &InfoList::u64(const char *key, std::uint64_t value) {
    return add(key, &value, PMIX_UINT64);
}
InfoList &InfoList::rank(const char *key, pmix_rank_t value) {
    return add(key, &value, PMIX_PROC_RANK);
}
InfoList &InfoList::status(const char *key, pmix_status_t value) {
    return add(key, &value, PMIX_STATUS);
}
InfoList &InfoList::proc(const char *key, const pmix_proc_t &value) {
    return add(key, &value, PMIX_PROC);
}
InfoList &InfoList::pointer(const char *key, void *value, pmix_data_type_t type) {
    return add(key, value, type);
}

InfoList &InfoList::procs(const char *key, const std::vector<pmix_proc_t> &value) {
    pmix_data_array_t array{PMIX_PROC, value.size(),
                            const_cast<pmix_proc_t *>(value.data())};
    return add(key, &array, PMIX_DATA_ARRAY);
}

InfoList &InfoList::array(const char *key, const InfoList &value) {
    pmix_data_array_t array{PMIX_INFO, value.size(),
                            const_cast<pmix_info_t *>(value.infos_.data())};
    return add(key, &array, PMIX_DATA_ARRAY);
}

const pmix_info_t *InfoView::find(const char *key) const {
    for (const auto &info : *this) {
        if (std::strncmp(info.key, key, PMIX_MAX_KEYLEN) == 0) return &info;
    }
    return nullptr;
}

bool InfoView::flag(const char *key, bool absent) const {
    const auto *info = find(key);
    if (info == nullptr) return absent;
    // A key without a value means true, as everywhere in PMIx.
    return info->value.type != PMIX_BOOL || info->value.data.flag;
}

std::optional<std::string> InfoView::text(const char *key) const {
    const auto *info = find(key);
    if (info == nullptr || info->value.type != PMIX_STRING) return {};
    return info->value.data.string == nullptr ? "" : info->value.data.string;
}

std::optional<long long> InfoView::number(const char *key) const {
    const auto *info = find(key);
    if (info == nullptr) return {};
    const auto &data = info->value.data;
    switch (info->value.type) {
    case PMIX_INT:
        return data.integer;
    case PMIX_INT8:
        return data.int8;
    case PMIX_INT16:
        return data.int16;
    case PMIX_INT32:
        return data.int32;
    case PMIX_INT64:
        return data.int64;
    case PMIX_UINT:
        return data.uint;
    case PMIX_UINT8:
        return data.uint8;
    case PMIX_UINT16:
        return data.uint16;
    case PMIX_UINT32:
        return data.uint32;
    case PMIX_UINT64:
        return static_cast<long long>(data.uint64);
    case PMIX_SIZE:
        return static_cast<long long>(data.size);
    case PMIX_STATUS:
        return data.status;
    case PMIX_PROC_RANK:
        return data.rank;
    case PMIX_PID:
        return data.pid;
    default:
        return {};
    }
}

std::optional<pmix_proc_t> InfoView::proc(const char *key) const {
    const auto *info = find(key);
    if (info == nullptr || info->value.type != PMIX_PROC) return {};
    return *info->value.data.proc;
}

pmix_proc_t proc(const std::string &nspace, pmix_rank_t rank) {
    pmix_proc_t result;
    PMIX_LOAD_PROCID(&result, nspace.c_str(), rank);
    return result;
}

char **to_argv(const std::vector<std::string> &words) {
    // PMIX_APP_DESTRUCT frees with free(): so must this be allocated.
    auto **argv = static_cast<char **>(std::calloc(words.size() + 1, sizeof(char *)));
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = ::strdup(words[i].c_str());
    return argv;
}

std::vector<std::string> from_argv(char *const *argv) {
    std::vector<std::string> words;
    for (; argv != nullptr && *argv != nullptr; ++argv) words.emplace_back(*argv);
    return words;
}

} // namespace px::pmix
