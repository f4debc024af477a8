#pragma once
// Lists of pmix_info_t: an owner that builds them, and a view that reads them. Values are
// copied in, so nothing that was passed must outlive the call.

#include "pxlaunch/pmix/compat.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace px::pmix {

class InfoList {
  public:
    InfoList() = default;
    InfoList(InfoList &&other) noexcept : infos_(std::move(other.infos_)) {
        other.infos_.clear();
    }
    InfoList(const InfoList &) = delete;
    InfoList &operator=(const InfoList &) = delete;
    ~InfoList();

    InfoList &flag(const char *key, bool value);
    InfoList &text(const char *key, const std::string &value);
    InfoList &regex(const char *key, const char *value);
    InfoList &integer(const char *key, int value);
    InfoList &u16(const char *key, std::uint16_t value);
    InfoList &u32(const char *key, std::uint32_t value);
    InfoList &u64(const char *key, std::uint64_t value);
    InfoList &rank(const char *key, pmix_rank_t value);
    InfoList &status(const char *key, pmix_status_t value);
    InfoList &proc(const char *key, const pmix_proc_t &value);
    InfoList &procs(const char *key, const std::vector<pmix_proc_t> &value);
    InfoList &array(const char *key, const InfoList &value);
    InfoList &pointer(const char *key, void *value, pmix_data_type_t type);

    [[nodiscard]] pmix_info_t *data() { return infos_.data(); }
    [[nodiscard]] std::size_t size() const { return infos_.size(); }

  private:
    InfoList &add(const char *key, const void *value, pmix_data_type_t type);
    std::vector<pmix_info_t> infos_;
};

// Somebody else's infos, by key. A value of an unexpected type reads as absent.
class InfoView {
  public:
    InfoView(const pmix_info_t *infos, std::size_t count)
        : infos_(infos), count_(count) {}

    [[nodiscard]] const pmix_info_t *find(const char *key) const;
    [[nodiscard]] bool has(const char *key) const { return find(key) != nullptr; }
    [[nodiscard]] bool flag(const char *key, bool absent = false) const;
    [[nodiscard]] std::optional<std::string> text(const char *key) const;
    [[nodiscard]] std::optional<long long>
    number(const char *key) const; // any integer type
    [[nodiscard]] std::optional<pmix_proc_t> proc(const char *key) const;
    [[nodiscard]] const pmix_info_t *begin() const { return infos_; }
    [[nodiscard]] const pmix_info_t *end() const { return infos_ + count_; }

  private:
    const pmix_info_t *infos_;
    std::size_t count_;
};

pmix_proc_t proc(const std::string &nspace, pmix_rank_t rank);

// A NULL-terminated array as PMIx frees it, and back.
char **to_argv(const std::vector<std::string> &words);
std::vector<std::string> from_argv(char *const *argv);

} // namespace px::pmix
