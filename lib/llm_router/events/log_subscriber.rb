# frozen_string_literal: true

require "active_support/log_subscriber"

class LlmRouter
  # Writes the lines of {Log} for each event, so that they are the same with Rails and without.
  class LogSubscriber < ActiveSupport::LogSubscriber
    # Handles +call.llm_router+. The name +call+ is taken: from Rails 7.1 on, subscribers receive every event by it.
    # @param payload [Hash]
    # @return [void]
    def called(payload)
      lines.call(payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def fallback(event)
      lines.fallback(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def budget_exceeded(event)
      lines.budget_exceeded(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def budget_threshold(event)
      lines.budget_threshold(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def overrun(event)
      lines.overrun(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def uncertain(event)
      lines.uncertain(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def cooldown(event)
      lines.cooldown(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def switch_ignored(event)
      lines.switch_ignored(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def model_down(event)
      lines.model_down(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def model_up(event)
      lines.model_up(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def job_discarded(event)
      lines.job_discarded(event.payload)
    end

    # @param event [ActiveSupport::Notifications::Event]
    # @return [void]
    def job_gave_up(event)
      lines.job_gave_up(event.payload)
    end

    # @return [Logger, nil] the configured one
    def logger
      Configuration.current.logger
    end

    private

    def lines
      Log.of(Configuration.current)
    end
  end
end
