# frozen_string_literal: true

require_relative "stage"

module Failover
  # The requests that a gateway received: of which call, and when.
  class Requests
    Arrival = Struct.new(:call, :at)
    private_constant :Arrival

    # @param gateway [LlmRouter::Testing::Gateway]
    def initialize(gateway)
      arrivals = gateway.requests.map do |request|
        Arrival.new(request.headers.fetch(Stage::HEADER.downcase).to_i, request.received_at)
      end
      @arrivals = arrivals.sort_by(&:at)
    end

    # @return [Integer] how many arrived between two moments that were no retries
    def between(from, to)
      @arrivals.uniq(&:call).count { |arrival| arrival.at.between?(from, to) }
    end

    # @return [Float, nil] seconds between the first two requests of a call
    def until_retry(call)
      first, retried = @arrivals.select { |arrival| arrival.call == call }
      retried && (retried.at - first.at)
    end

    # @return [Integer] how many one call sent at most
    def most_of_a_call
      @arrivals.map(&:call).tally.values.max.to_i
    end

    # @param calls [Array<Integer>] those that failed here
    # @return [Integer] how many of their requests arrived within a second at most, without an answer in between
    def most_failures_in_a_second(calls)
      runs = @arrivals.chunk { |arrival| calls.include?(arrival.call) || nil }.map { |_, run| run.map(&:at) }
      runs.map { |times| most_in_a_second(times) }.max.to_i
    end

    private

    def most_in_a_second(times)
      times.map { |time| times.count { |other| other.between?(time, time + 1) } }.max
    end
  end
end
