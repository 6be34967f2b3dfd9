# frozen_string_literal: true

class LlmRouter
  # Closes a forked process's copies of its parent's connections. Left open, they would keep a connection alive whose
  # owner was killed, for as long as the child lives.
  # @api private
  module Inheritance
    # Process.daemon forks without _fork. The copies then stay open, unused, until the server closes them.
    module Hook
      # @return [Integer]
      def _fork
        super.tap { |pid| Inheritance.close if pid.zero? }
      end
    end

    EVENTPOLL = "anon_inode:[eventpoll]"
    private_constant :EVENTPOLL

    module_function

    # Call it right after the fork. The parent's epoll set is shared and keeps its members: it drops a file only with
    # the last copy.
    # @return [void]
    def close
      writer, reader = Native.inherited
      return unless writer

      sets = Dir.children("/proc/self/fd").select { |fd| epoll?(fd) && members(fd).include?(reader) }
      fds = [writer, *sets.map(&:to_i), *members(sets.first)]
      fds.uniq.each { |fd| IO.for_fd(fd).close }
    rescue StandardError
      # Without /proc, or in a Ractor, they stay open.
      nil
    end

    def epoll?(descriptor)
      File.readlink("/proc/self/fd/#{descriptor}") == EVENTPOLL
    rescue SystemCallError
      false
    end

    # The members of an epoll set that are still the files that the parent added: it may have closed them, and the
    # numbers mean other files here.
    def members(set)
      File.read("/proc/self/fdinfo/#{set}").scan(/^tfd: +(\d+) .* ino:(\h+)/).filter_map do |number, inode|
        Integer(number) if File.stat("/proc/self/fd/#{number}").ino == inode.hex
      rescue SystemCallError
        nil
      end
    end

    Process.singleton_class.prepend(Hook)
  end
end
