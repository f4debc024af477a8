#pragma once
// Fields of a text, each ended by a NUL: bytes as they are, for what has no NUL itself.

#include <string>
#include <string_view>
#include <vector>

namespace px::channel {

class FieldWriter {
  public:
    void add(std::string_view field);
    void add(long number);
    void add(const std::vector<std::string> &list);
    [[nodiscard]] const std::string &bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

// Past the end every field is empty, and the reader is not good.
class FieldReader {
  public:
    explicit FieldReader(std::string_view bytes) : rest_(bytes) {}
    std::string text();
    long number();
    std::vector<std::string> list();
    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] bool good() const { return good_; }

  private:
    std::string_view rest_;
    bool good_ = true;
};

} // namespace px::channel
