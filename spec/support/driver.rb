# frozen_string_literal: true

module Support
  # The native threads of a process by their names, at one moment.
  # @param pid [Integer, String]
  def self.native_threads(pid = "self")
    Dir["/proc/#{pid}/task/*/comm"].map { |file| File.read(file).strip }
  rescue Errno::ENOENT, Errno::ESRCH # one has ended meanwhile
    retry
  end

  # The threads that drive the calls of fibers and of batches: one in a process, while there are any.
  module Driver
    module_function

    def count
      Support.native_threads.count("llm_router")
    end

    # Holds up this thread, and so all its fibers, until the gateway has answered their calls.
    def finish(gateway)
      Fiber.new(blocking: true) do
        Waiting.eventually { gateway.requests.any? && count.zero? }
      end.resume
    end
  end
end
