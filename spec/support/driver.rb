# frozen_string_literal: true

module Support
  # The threads that drive the calls of fibers: one in a process, while there are any.
  module Driver
    module_function

    def count
      Dir.glob("/proc/self/task/*/comm").count { |comm| File.read(comm).strip == "llm_router" }
    rescue Errno::ENOENT, Errno::ESRCH
      retry
    end

    # Holds up this thread, and so all its fibers, until what they asked the gateway for is there.
    def finish(gateway)
      Fiber.new(blocking: true) do
        Timeout.timeout(10) { sleep 0.01 until gateway.requests.any? && count.zero? }
      end.resume
    end
  end
end
