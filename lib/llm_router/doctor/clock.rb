# frozen_string_literal: true

require "time"

class LlmRouter
  module Doctor
    # Whether the clock agrees with OpenRouter's: leases and periods go by it.
    # @api private
    class Clock < EndpointCheck
      # Seconds. The answer itself takes some.
      NEAR = 15
      FAR = 120
      ADVICE = "Set the clock, by NTP"
      private_constant :NEAR, :FAR, :ADVICE

      private

      def openrouter(endpoint)
        answer = lookups[endpoint, "key"]
        date = Time.httpdate(answer.date) if answer.date
        return unknown(answer.error || "OpenRouter's answer has no date") unless date

        off = (answer.at - date).round
        said = "it is #{off.abs} s #{off.positive? ? 'ahead of' : 'behind'} OpenRouter's"
        if off.abs > FAR then red(said, ADVICE)
        elsif off.abs > NEAR then yellow(said, ADVICE)
        else
          green("it agrees with OpenRouter's")
        end
      rescue ArgumentError
        unknown("OpenRouter's date cannot be read")
      end

      def other(_endpoint); end
    end
  end
end
