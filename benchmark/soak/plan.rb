# frozen_string_literal: true

module Soak
  # What is done when in a run. Half of the processes live through all of it; the others are restarted in turns.
  class Plan
    # Seconds between two of a kind, and how many there are at least.
    GATEWAY = 15
    PROCESS = 12
    LEAST = 2
    # Seconds between two increases of the cap.
    TOP_UP = 0.25
    private_constant :GATEWAY, :PROCESS, :LEAST, :TOP_UP

    # @param options [Options]
    def initialize(options)
      @seconds = options.seconds
      @processes = options.processes
      @every = options.progress
      @budget = options.budget
    end

    # @yield when its time has come
    # @yieldparam action [Symbol] of {Run}
    # @return [void]
    def each
      began = now
      actions.sort_by.with_index { |(at, *), index| [at, index] }.each do |at, *action|
        sleep([began + at - now, 0].max)
        yield(*action)
      end
    end

    private

    def actions
      [*progress, *measures, *gateway, *processes, *(database if @budget)]
    end

    def database
      [[@seconds / 2.0, :restart_database],
       *(1..(@seconds / TOP_UP).to_i).map { |count| [count * TOP_UP, :top_up] }]
    end

    def progress
      (1..(@seconds / @every).to_i).map { |count| [count * @every, :progress, (count * @every).round] }
    end

    def measures
      (1..10).map { |tenth| [@seconds * tenth / 10, :measure, tenth * 10] }
    end

    def gateway
      spread(GATEWAY).map { |at| [at, :restart_gateway] }
    end

    def processes
      steady = (@processes / 2.0).ceil
      return [] if steady == @processes

      spread(PROCESS).each_with_index.map do |at, count|
        index = steady + (count % (@processes - steady))
        [at, :restart_process, index, %w[kill term][count % 2], "process-#{index + 1}-#{count + 1}"]
      end
    end

    def spread(every)
      count = [(@seconds / every).to_i, LEAST].max
      Array.new(count) { |index| @seconds * (index + 0.5) / count }
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
