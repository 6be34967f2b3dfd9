# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Switches models off or on in the name of whoever sends the form.
    # @api private
    class SwitchForm < Page
      def answer
        Token.new(request, who).check(@params[:token])
        change
        [303, "", { "location" => to("/chains") }]
      rescue ArgumentError, ConfigurationError => e
        raise Problem.new(400, "#{e.message}.")
      end

      private

      def change
        turn = @params.one_of(:turn, %w[on off]) || raise(ArgumentError, "turn is missing: give on or off")
        return LlmRouter.switch_on(@params[:pattern], by: who) if turn == "on"

        seconds = CallRecord::SwitchInput.seconds(@params[:for])
        LlmRouter.switch_off(@params[:pattern], for: seconds, by: who, reason: @params[:reason])
      end
    end
  end
end
