# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # One call in which an attempt failed, with its hops on a time line.
    # @api private
    class Incident < Page
      # A hop, or the answer at the end. +starts+ and +lasts+: seconds.
      Step = Struct.new(:model, :endpoint, :reason, :status, :starts, :lasts, :cost)

      def title = "Incident #{incident.id}"

      # @return [ActiveRecord::Base]
      # @raise [Problem]
      def incident
        @incident ||= CallRecord::Incident.where(environment: environment, id: @path.fetch("id").to_i).first ||
                      raise(Problem.new(404, "There is no such incident: it may have been deleted after " \
                                             "config.keep_incidents."))
      end

      # @return [Array<Step>]
      def steps
        @steps ||= begin
          ends = 0.0
          hops = read(incident.hops, Array).grep(Hash).map { |hop| step(hop, ends).tap { |one| ends += one.lasts } }
          incident.model.empty? ? hops : [*hops, answered(ends)]
        end
      end

      # @return [Hash{String => Object}]
      def tags
        read(incident.tags, Hash)
      end

      # @return [String, nil] what OpenRouter says of the answer
      def provider
        return if incident.provider.empty?

        tries = incident.provider_attempts
        tries && tries > 1 ? "#{incident.provider}, at attempt #{tries} of its gateway" : incident.provider
      end

      # @param step [Step]
      # @return [ActiveSupport::SafeBuffer]
      def time_line(step)
        whole = [incident.duration, steps.sum(&:lasts), 0.001].max
        # Where an attempt took no time, it is still seen.
        lasts = [step.lasts / whole, 0.005].max
        starts = [step.starts / whole, 1 - lasts].min
        label = "from #{seconds(step.starts)} to #{seconds(step.starts + step.lasts)}"
        bar([[starts, "before"], [lasts, step.reason ? "failed" : "answered"]], label)
      end

      private

      def step(hop, starts)
        cost = BigDecimal(hop["cost_usd"].to_s, exception: false)
        lasts = Float(hop["duration"].to_s, exception: false).to_f
        Step.new(hop["model"], hop["endpoint"], hop["reason"].to_s, hop["status"], starts, lasts, cost)
      end

      def answered(starts)
        Step.new(incident.model, incident.endpoint, nil, nil, starts, [incident.duration - starts, 0].max, nil)
      end

      def read(json, kind)
        known = JSON.parse(json)
        known.is_a?(kind) ? known : kind.new
      rescue JSON::ParserError
        kind.new
      end
    end
  end
end
