# frozen_string_literal: true

module Soak
  # What this process takes of the machine, as Linux reports it.
  module Vitals
    module_function

    # @return [Integer] kB of memory of its own
    def memory
      File.read("/proc/self/status")[/^RssAnon:\s*(\d+)/, 1].to_i
    end

    # @return [Array<Integer>] file descriptors, less the one that is used to count them, and threads
    def held
      [Dir.children("/proc/self/fd").size - 1, Dir.children("/proc/self/task").size]
    end
  end
end
